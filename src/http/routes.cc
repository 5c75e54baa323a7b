#include "http/routes.h"

#include <string_view>

#include "http/http_message.h"

namespace starling {
namespace {

// Prometheus' text format.
constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

bool is_planned(std::string_view path) {
  return path == "/" || path == "/v1" || path.starts_with("/v1/");
}

HttpResponse not_here(std::string_view path) {
  if (is_planned(path)) {
    return error_response(501, "failure", "this route is not in this version");
  }
  return error_response(404, "not_found", "no such route: there are /livez, /readyz and /metrics");
}

HttpResponse wrong_method() {
  HttpResponse response = error_response(405, "usage", "this route answers GET and HEAD only");
  response.allow = "GET, HEAD";
  return response;
}

}  // namespace

HttpResponse Routes::answer(const HttpRequest& request) const {
  const std::string_view path = request.path();
  const bool known = path == "/livez" || path == "/readyz" || path == "/metrics";
  if (!known) return not_here(path);
  if (request.method != "GET" && request.method != "HEAD") return wrong_method();
  if (path == "/readyz") return answer_readiness(request);
  if (path == "/metrics") return {.content_type = kMetricsType, .body = metrics_(), .allow = {}};
  // Being asked and answering is the proof.
  return {.status = 200, .body = "ok\n", .allow = {}};
}

HttpResponse Routes::answer_readiness(const HttpRequest& request) const {
  const Health health = health_();
  const bool verbose = request.query() == "verbose" || request.query().starts_with("verbose=");
  HttpResponse response{.status = health.serving ? 200 : 503, .body = {}, .allow = {}};
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
