export { type HttpAnswer, type HttpOptions, postJson } from "./json.ts";
export { type HttpRequest, type HttpResponse, request } from "./request.ts";
