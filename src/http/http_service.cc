#include "http/http_service.h"

#include <cstdint>
#include <string>
#include <utility>

#include "base/assert.h"
#include "base/hash.h"
#include "base/ids.h"
#include "http/http_connection.h"
#include "http/routes.h"
#include "message/client_messages.h"

namespace starling {

HttpService::HttpService(const Routes& pages, Host host) : pages_(pages), host_(std::move(host)) {
  nonce_ = {.high = host_.random.next(), .low = host_.random.next()};
}

void HttpService::reply(const ClientHandle& client, ClientReply reply) {
  STARLING_CHECK(owns(client));
  const auto found = connections_.find(client.connection);
  if (found == connections_.end()) return;
  found->second->on_reply(client.request, std::move(reply));
}

std::uint64_t HttpService::add(HttpConnection& connection) {
  const std::uint64_t number = next_connection_++;
  connections_.emplace(number, &connection);
  return number;
}

void HttpService::remove(std::uint64_t connection) {
  connections_.erase(connection);
}

void HttpService::ask(const ClientHandle& client, ClientRequest request) {
  host_.ask(client, std::move(request));
}

std::string HttpService::draw_boundary() {
  return "starling-" + to_text(Hash128{.high = host_.random.next(), .low = host_.random.next()});
}

}  // namespace starling
