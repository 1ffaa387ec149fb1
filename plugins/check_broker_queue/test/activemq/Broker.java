import java.io.File;
import java.util.List;
import java.util.Map;
import org.apache.activemq.broker.BrokerService;
import org.apache.activemq.store.kahadb.KahaDBPersistenceAdapter;
import org.eclipse.jetty.security.ConstraintMapping;
import org.eclipse.jetty.security.ConstraintSecurityHandler;
import org.eclipse.jetty.security.HashLoginService;
import org.eclipse.jetty.security.UserStore;
import org.eclipse.jetty.security.authentication.BasicAuthenticator;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.servlet.ServletContextHandler;
import org.eclipse.jetty.servlet.ServletHolder;
import org.eclipse.jetty.util.security.Constraint;
import org.eclipse.jetty.util.security.Credential;
import org.jolokia.http.AgentServlet;

/**
 * An ActiveMQ with Jolokia behind a password, as the web console of its distribution has it; Debian's package has neither.
 * A second user, reader, whose password is weak, has no right to it.
 *
 * <p>Arguments: name of the broker, folder of its store, Jolokia's policy, one that refuses, user, password. Beside /api/jolokia there are /strict, and with
 * limits /few and /short. Two with the same folder are an active broker
 * and its standby. Says "jolokia PORT" when that answers, and "stomp PORT" when the broker is active.
 */
public class Broker {
  public static void main(String[] args) {
    try {
      serveJolokia(args[2], args[3], args[4], args[5]);
      start(args[0], new File(args[1]));
    } catch (Throwable failure) {
      failure.printStackTrace();
      // the web server's threads would keep it alive
      System.exit(1);
    }
  }

  private static void serveJolokia(String policy, String strictPolicy, String user, String password) throws Exception {
    ServletContextHandler context = new ServletContextHandler();
    addJolokia(context, "api", Map.of("policyLocation", policy));
    addJolokia(context, "strict", Map.of("policyLocation", strictPolicy));
    addJolokia(context, "few", Map.of("policyLocation", policy, "maxCollectionSize", "3"));
    addJolokia(context, "short", Map.of("policyLocation", policy, "maxObjects", "20"));
    context.setSecurityHandler(onlyFor(user, password));
    Server server = new Server();
    ServerConnector http = new ServerConnector(server);
    http.setHost("127.0.0.1");
    server.addConnector(http);
    server.setHandler(context);
    server.start();
    System.out.println("jolokia " + http.getLocalPort());
  }

  private static void addJolokia(ServletContextHandler context, String place, Map<String, String> settings) {
    ServletHolder jolokia = new ServletHolder(place, new AgentServlet());
    jolokia.setInitParameters(settings);
    context.addServlet(jolokia, "/" + place + "/jolokia/*");
  }

  private static ConstraintSecurityHandler onlyFor(String user, String password) {
    String role = "admin";
    UserStore users = new UserStore();
    users.addUser(user, Credential.getCredential(password), new String[] {role});
    users.addUser("reader", Credential.getCredential("weak"), new String[] {"user"});
    HashLoginService login = new HashLoginService("ActiveMQRealm");
    login.setUserStore(users);
    Constraint constraint = new Constraint(Constraint.__BASIC_AUTH, role);
    constraint.setAuthenticate(true);
    ConstraintMapping everywhere = new ConstraintMapping();
    everywhere.setPathSpec("/*");
    everywhere.setConstraint(constraint);
    ConstraintSecurityHandler security = new ConstraintSecurityHandler();
    security.setLoginService(login);
    security.setAuthenticator(new BasicAuthenticator());
    security.setConstraintMappings(List.of(everywhere));
    return security;
  }

  /** Waits as long as another one has the lock of the store. */
  private static void start(String name, File folder) throws Exception {
    KahaDBPersistenceAdapter store = new KahaDBPersistenceAdapter();
    store.setDirectory(new File(folder, "store"));
    // seconds are the default
    store.setLockKeepAlivePeriod(0);
    store.getLocker().setLockAcquireSleepInterval(100);
    BrokerService broker = new BrokerService();
    broker.setBrokerName(name);
    broker.setDataDirectoryFile(new File(folder, name));
    broker.setPersistenceAdapter(store);
    broker.getManagementContext().setCreateConnector(false);
    broker.addConnector("stomp://127.0.0.1:0");
    broker.start();
    System.out.println("stomp " + broker.getTransportConnectors().get(0).getConnectUri().getPort());
  }
}
