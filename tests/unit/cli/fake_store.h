#pragma once

// A store in memory behind a loopback port, for the commands of the tool: blind writes become
// siblings, a write with the context of a read replaces what is there.

#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "cli/console.h"
#include "cli/run.h"
#include "message/checksum.h"
#include "message/client_messages.h"
#include "support/scripted_server.h"

namespace starling::cli {

class FakeStore {
 public:
  // Keys that are refused as unavailable.
  explicit FakeStore(std::string refused_key = {})
      : refused_key_(std::move(refused_key)), server_([this](const ClientRequest& request) {
          return std::visit([this](const auto& body) { return answer(body); }, request.body);
        }) {}

  std::map<std::string, std::vector<std::string>> values;
  [[nodiscard]] std::string endpoint() const { return server_.endpoint(); }
  [[nodiscard]] int connections() const { return server_.connections(); }

 private:
  using Answer = std::optional<ClientReply>;

  static Trace trace_if(bool wanted) {
    Trace trace;
    if (wanted) trace.events = {{.at = {}, .kind = TraceEventKind::Begun, .node = "fake"}};
    return trace;
  }

  Answer answer(const ClientPut& put) {
    if (put.address.key == refused_key_) {
      return ErrorReply{.status = Status(StatusCode::Unavailable, "1 of 2 replicas"),
                        .replies = {.required = 2, .received = 1, .primaries = 1},
                        .route = {},
                        .trace = trace_if(put.trace)};
    }
    auto& stored = values[put.address.key];
    if (!put.context.empty()) stored.clear();
    stored.push_back(put.value);
    PutReply reply;
    reply.context = "written";
    reply.siblings = static_cast<std::uint32_t>(stored.size());
    reply.trace = trace_if(put.trace);
    return reply;
  }
  Answer answer(const ClientGet& get) {
    GetReply reply;
    const auto found = values.find(get.address.key);
    if (found != values.end()) {
      for (const std::string& value : found->second) {
        reply.siblings.push_back({.value = value, .content_type = {}, .modified = {}, .dot = "d"});
      }
      reply.context = "seen";
    }
    reply.checksum = checksum_of(get.address.key, reply.siblings);
    return reply;
  }
  Answer answer(const ClientDelete& erase) {
    values.erase(erase.address.key);
    return PutReply{};
  }
  Answer answer(const ClientKeys& keys) {
    KeysReply reply;
    for (const auto& [key, stored] : values) {
      if (key.starts_with(keys.prefix)) reply.keys.push_back(key);
    }
    return reply;
  }
  // Refused, not hung up on: the client asks for the members of its own accord, and a connection
  // that ends with that leaves the writes in doubt that share it.
  template <typename Other>
  Answer answer(const Other&) {
    return ErrorReply{.status = Status(StatusCode::Failure, "a fake store knows only keys"),
                      .replies = {}};
  }

  std::string refused_key_;
  ScriptedServer server_;
};

struct Ran {
  int exit_code = 0;
  std::string out;
  std::string err;
};

// Runs the tool off a terminal with `in` on its standard input.
inline Ran run_tool(std::vector<std::string> words, const std::string& in = {}) {
  std::istringstream input(in);
  std::ostringstream out;
  std::ostringstream err;
  Console console{.in = input, .out = out, .err = err};
  const int exit_code = run(words, console);
  return {.exit_code = exit_code, .out = out.str(), .err = err.str()};
}

}  // namespace starling::cli
