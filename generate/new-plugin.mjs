// Makes the folder and the page of a new check from generate/template: npm run new-plugin check_something
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const TEMPLATE = "check_template";

const [name = "", ...others] = process.argv.slice(2);
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join("plugins", name);
const page = join("docs", `${name}.md`);

function refuse(why) {
  console.error(`new-plugin: ${why}`);
  process.exit(1);
}

if (!/^check(?:_[a-z0-9]+)+$/.test(name) || others.length > 0) {
  refuse(`'${process.argv.slice(2).join(" ")}' is not the name of a check: one such as check_something`);
}
for (const path of [folder, page]) if (existsSync(join(root, path))) refuse(`${path} is there already`);

cpSync(join(root, "generate/template"), join(root, folder), { recursive: true });
const short = name.slice("check_".length);
for (const path of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })) {
  const file = join(root, folder, path);
  if (!/\.\w+$/.test(path)) continue;
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replaceAll(TEMPLATE, name).replaceAll('"template"', `"${short.replaceAll("_", " ")}"`));
}
renameSync(join(root, folder, "page.md"), join(root, page));

console.log(`${folder}/ and ${page} are a check that works: make it yours.
  npm run build      dist/${name}
  npm run generate   the tables of its page, its definitions, its row of the dashboards
  npm test           its tests, and those of all plugins`);
