# Boots the system in folder $1 from within new namespaces of its own (mount, PID, network, host name): its systemd becomes
# process 1, with the control group $2 as its whole tree. Nothing of it can be seen from outside but these processes.
set -e
mount --bind "$1" "$1"
cd "$1"
mount -t cgroup2 cgroup2 sys
mkdir "sys/$2"
echo 0 > "sys/$2/cgroup.procs"
umount sys

# what is mounted as cgroup2 now ends at that group
exec unshare --cgroup sh -e -c '
mount -t proc proc proc
# the settings of the kernel are those of the machine
mount --bind proc/sys proc/sys
mount -o remount,ro,bind proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
for name in null zero full random urandom tty; do
	: > "dev/$name"
	mount --bind "/dev/$name" "dev/$name"
done
mkdir dev/pts run/old
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
pivot_root . run/old
umount -l /run/old
rmdir /run/old
# container: systemd(1) then leaves alone what is the business of the machine
exec setpriv --bounding-set -sys_module,-sys_rawio,-sys_time,-sys_boot,-syslog,-mac_admin,-mac_override \
	env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /sbin/init
'
