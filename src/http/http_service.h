#pragma once

// HttpService: what the HTTP connections of a node share. It hands their calls to the node as
// requests of clients, finds the connection that a reply belongs to, and counts. Connections of the
// native protocol are numbered by the transport; those of HTTP have numbers that none of them gets.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "base/byte_budget.h"
#include "base/ids.h"
#include "base/random.h"
#include "env/clock.h"
#include "http/routes.h"
#include "message/client_messages.h"

namespace starling {

class HttpConnection;

// Counted by the connections as they work.
struct HttpMetrics {
  std::array<std::uint64_t, 6> answers{};  // by the first digit of their status
  std::uint64_t requests_refused = 0;      // for want of room, before their body was taken
  std::uint64_t answers_refused = 0;       // reads whose answer found no room
  void count_answer(int status) { ++answers.at(static_cast<std::size_t>(status) / 100); }
};

class HttpService {
 public:
  struct Host {
    const Clock& clock;
    // Of all clients, those of the native protocol included: what is not answered yet, and answers
    // that are not read yet.
    ByteBudget& requests;
    ByteBudget& answers;
    // Whom the calls go to. Its answer comes through reply(), from within or later, exactly once.
    std::function<void(const ClientHandle&, ClientRequest)> ask;
    Random random;  // for the numbers of requests, and for boundaries that no value contains
  };

  // `pages` and the parts of `host` outlive the service, and it outlives its connections.
  HttpService(const Routes& pages, Host host);

  // Whether a reply is for a connection of this service.
  [[nodiscard]] static bool owns(const ClientHandle& client) {
    return client.connection >= kFirstConnection;
  }
  // Ignored when that connection is gone. REQUIRES: owns(client).
  void reply(const ClientHandle& client, ClientReply reply);

  [[nodiscard]] std::size_t connections() const { return connections_.size(); }
  [[nodiscard]] const HttpMetrics& metrics() const { return metrics_; }

  // For the connections.
  [[nodiscard]] std::uint64_t add(HttpConnection& connection);
  void remove(std::uint64_t connection);
  void ask(const ClientHandle& client, ClientRequest request);
  [[nodiscard]] const Clock& clock() const { return host_.clock; }
  [[nodiscard]] ByteBudget& requests() { return host_.requests; }
  [[nodiscard]] ByteBudget& answers() { return host_.answers; }
  [[nodiscard]] const Routes& pages() const { return pages_; }
  [[nodiscard]] HttpMetrics& metrics() { return metrics_; }
  [[nodiscard]] RequestId next_request_id() { return {.client = nonce_, .counter = ++requests_}; }
  [[nodiscard]] std::string draw_boundary();

 private:
  // The transport counts from 1, and does not come here within the life of a process.
  static constexpr std::uint64_t kFirstConnection = std::uint64_t{1} << 63U;

  const Routes& pages_;
  Host host_;
  Hash128 nonce_;  // of this service as a client of its node
  std::uint64_t requests_ = 0;
  std::uint64_t next_connection_ = kFirstConnection;
  std::map<std::uint64_t, HttpConnection*> connections_;
  HttpMetrics metrics_;
};

}  // namespace starling
