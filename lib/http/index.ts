export { type HttpAnswer, type HttpOptions, postJson } from "./json.ts";
