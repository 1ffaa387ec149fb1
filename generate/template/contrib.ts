import type { Contrib } from "#generate/contrib.ts";

import { quantities } from "./quantities.ts";

export default {
  services: [
    {
      title: "template",
      about: "The file is not too large.",
      hosts: "template",
      options: { file: "/var/log/syslog" },
      local: true,
    },
  ],
  row: {
    title: "Files (check_template)",
    graphs: [
      {
        title: "Size of the file",
        about: "A line that only rises: nothing rotates the file.",
        curves: [{ of: quantities.size }],
        width: 24,
        thresholds: true,
      },
    ],
  },
} satisfies Contrib;
