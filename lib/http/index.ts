export { type HttpRequest, type HttpResponse, request } from "./request.ts";
