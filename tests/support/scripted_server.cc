#include "support/scripted_server.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"
#include "wire/codec.h"
#include "wire/frame_assembler.h"

namespace starling {
namespace {

constexpr int kPollMilliseconds = 10;

bool is_readable(int descriptor) {
  pollfd waiting{.fd = descriptor, .events = POLLIN, .revents = 0};
  return poll(&waiting, 1, kPollMilliseconds) > 0;
}

void send_all(int connection, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

}  // namespace

ScriptedServer::ScriptedServer(Script script)
    : ScriptedServer(Verbatim{
          [script = std::move(script)](std::uint64_t number, const ClientRequest& request) {
            const std::optional<ClientReply> reply = script(request);
            return reply.has_value() ? std::optional(encode(number, *reply)) : std::nullopt;
          }}) {}

ScriptedServer::ScriptedServer(Verbatim verbatim) : script_(std::move(verbatim)) {
  hello_.role = HelloRole::Peer;
  hello_.cluster = "starling";
  listen();
  thread_ = std::thread([this] { serve(); });
}

ScriptedServer::ScriptedServer(Silent /*silent*/) {
  listen();
}

ScriptedServer::~ScriptedServer() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  close(listener_);
}

std::string ScriptedServer::endpoint() const {
  return "127.0.0.1:" + port_;
}

void ScriptedServer::listen() {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof(address);
  STARLING_CHECK(bind(listener_, generic, size) == 0 && ::listen(listener_, 64) == 0);
  STARLING_CHECK(getsockname(listener_, generic, &size) == 0);
  port_ = std::to_string(ntohs(address.sin_port));
}

std::optional<std::string> ScriptedServer::answer(std::uint64_t number,
                                                  const ClientRequest& request) {
  const std::lock_guard lock(mutex_);
  return script_.script(number, request);
}

void ScriptedServer::set_cluster(const std::string& cluster) {
  const std::lock_guard lock(hello_mutex_);
  hello_.cluster = cluster;
}

void ScriptedServer::set_protocol(std::uint32_t protocol) {
  const std::lock_guard lock(hello_mutex_);
  hello_.protocol = protocol;
}

void ScriptedServer::refuse_with(const std::string& why, StatusCode code) {
  const std::lock_guard lock(hello_mutex_);
  hello_.refusal = why;
  hello_.refusal_code = code;
}

std::string ScriptedServer::greeting() {
  const std::lock_guard lock(hello_mutex_);
  return encode(hello_);
}

void ScriptedServer::serve() {
  while (!stopping_) {
    join_ended();
    if (!is_readable(listener_)) continue;
    const int connection = accept(listener_, nullptr, nullptr);
    // The caller may have gone again meanwhile.
    if (connection < 0) continue;
    ++accepted_;
    auto ended = std::make_shared<std::atomic<bool>>(false);
    connections_.push_back({.thread = std::thread([this, connection, ended] {
                              send_all(connection, greeting());
                              serve_connection(connection);
                              close(connection);
                              *ended = true;
                            }),
                            .ended = ended});
  }
  for (Served& connection : connections_) connection.thread.join();
}

// A thread that has ended is held by the system until then, and so are thousands.
void ScriptedServer::join_ended() {
  std::erase_if(connections_, [](Served& connection) {
    if (!*connection.ended) return false;
    connection.thread.join();
    return true;
  });
}

void ScriptedServer::serve_connection(int connection) {
  FrameAssembler assembler;
  std::array<char, 65536> buffer;
  while (!stopping_) {
    if (!is_readable(connection)) continue;
    const ssize_t count = recv(connection, buffer.data(), buffer.size(), 0);
    if (count <= 0) return;
    assembler.feed({buffer.data(), static_cast<std::size_t>(count)});
    std::string replies;
    while (true) {
      const auto raw = assembler.next();
      if (!raw.ok() || !raw->has_value()) break;
      const auto frame = decode((*raw)->header, (*raw)->body);
      const auto* const request = std::get_if<ClientRequest>(&frame->message);
      if (request == nullptr) continue;
      ++requests_;
      const auto reply = answer(frame->request, *request);
      if (!reply.has_value()) return send_all(connection, replies);
      replies += *reply;
    }
    send_all(connection, replies);
  }
}

}  // namespace starling
