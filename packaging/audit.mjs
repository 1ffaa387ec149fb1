// What `npm audit` says of the packages that are shipped.

/**
 * The known holes of shipped packages, a line for each. All that is in a bundle is shipped, whatever kind of dependency it
 * is here; tools that only build are not.
 *
 * @param {string} report what `npm audit --json` printed
 * @param {ReadonlySet<string>} shipped names of packages
 * @returns {string[] | undefined} undefined when there is no answer: not every registry has one
 */
export function knownHoles(report, shipped) {
  /** @type {{ vulnerabilities?: Record<string, { severity: string, via: (string | { title: string })[] }> } | undefined} */
  let answer;
  try {
    answer = JSON.parse(report);
  } catch {
    return undefined;
  }
  if (answer?.vulnerabilities === undefined) return undefined;
  return Object.entries(answer.vulnerabilities)
    .filter(([name]) => shipped.has(name))
    .map(([name, { severity, via }]) => {
      const titles = via.map((cause) => (typeof cause === "string" ? `by ${cause}` : cause.title));
      return `${name}: ${severity}, ${titles.join(", ")}`;
    });
}
