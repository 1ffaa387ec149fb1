export { type HttpResponse, NotHttpError } from "./answer.ts";
export { HttpClient, type HttpOptions, type HttpRequest, request } from "./request.ts";
