#pragma once

// Routes: the pages that a node answers by itself, without asking anybody: its health and its
// metrics. What lies below /v1/ is api_call's affair; the console is known by name and refused as
// not built yet.

#include <functional>
#include <string>

#include "http/http_message.h"

namespace starling {

// What GET /readyz tells.
struct Health {
  bool serving = false;   // quorum requests can be served
  std::string because;    // why not
  std::string note = {};  // what limits it, such as a full disk; empty: nothing
};

class Routes {
 public:
  // `metrics` makes the page anew each time (MetricsText's format).
  Routes(std::function<Health()> health, std::function<std::string()> metrics)
      : health_(std::move(health)), metrics_(std::move(metrics)) {}

  [[nodiscard]] HttpResponse answer(const HttpRequest& request) const;

 private:
  [[nodiscard]] HttpResponse answer_readiness(const HttpRequest& request) const;

  std::function<Health()> health_;
  std::function<std::string()> metrics_;
};

}  // namespace starling
