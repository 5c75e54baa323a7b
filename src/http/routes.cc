#include "http/routes.h"

#include <string_view>

#include "starling/status.h"

#include "http/api_call.h"
#include "http/http_message.h"

namespace starling {
namespace {

// Prometheus' text format.
constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

HttpResponse not_here(std::string_view path) {
  if (path == "/" || path == "/v1") {
    return error_response(501, Status(StatusCode::Failure, "this route is not in this version"));
  }
  return error_response(Status(StatusCode::NotFound,
                               "no such route: there are /v1/kv/BUCKET/KEY, /livez, /readyz and "
                               "/metrics"));
}

}  // namespace

HttpResponse Routes::answer(const HttpRequest& request) const {
  const std::string_view path = request.path();
  const bool known = path == "/livez" || path == "/readyz" || path == "/metrics";
  if (!known) return not_here(path);
  if (request.method != "GET" && request.method != "HEAD") return wrong_method("GET, HEAD");
  if (path == "/readyz") return answer_readiness(request);
  if (path == "/metrics") return {.content_type = kMetricsType, .body = metrics_()};
  // Being asked and answering is the proof.
  return {.status = 200, .body = "ok\n"};
}

HttpResponse Routes::answer_readiness(const HttpRequest& request) const {
  const Health health = health_();
  const bool verbose = request.query() == "verbose" || request.query().starts_with("verbose=");
  HttpResponse response{.status = health.serving ? 200 : 503, .body = {}};
  if (verbose) {
    response.body = health.serving ? "[+] quorum requests: served\n"
                                   : "[-] quorum requests: " + health.because + "\n";
    response.body +=
        health.note.empty() ? "[+] disk: there is room\n" : "[!] disk: " + health.note + "\n";
  }
  response.body += health.serving ? "ok\n" : "not serving\n";
  return response;
}

}  // namespace starling
