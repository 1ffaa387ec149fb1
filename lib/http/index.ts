export { HttpClient, type HttpOptions, type HttpRequest, type HttpResponse, NotHttpError, request } from "./request.ts";
