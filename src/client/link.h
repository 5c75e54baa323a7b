#pragma once

// Link: one connection of a client: a socket that never blocks, with a session on it. It gathers
// what is to be sent until flush(), so that a batch of requests costs one system call.
//
//   Resolving -> Connecting -> Greeting -> Open -> Broken
//
// Every state but Open may end in Broken, which is final.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "starling/status.h"

#include "client/endpoint.h"
#include "client/session.h"
#include "client/socket_address.h"
#include "message/client_messages.h"

namespace starling {

class Link {
 public:
  enum class State : std::uint8_t { Resolving, Connecting, Greeting, Open, Broken };
  static constexpr int kNoDescriptor = -1;

  // Connects to the endpoint's addresses, one after the other, and greets the first that listens.
  // `resolved` is called from another thread when on_resolved() should be.
  Link(const Endpoint& endpoint, const std::string& cluster, std::function<void()> resolved);
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  Link(Link&&) = delete;
  Link& operator=(Link&&) = delete;
  ~Link();

  [[nodiscard]] State state() const { return state_; }
  // kNoDescriptor before it is Connecting, and after.
  [[nodiscard]] int descriptor() const { return descriptor_; }
  // Which socket of this link that is: each address has its own, perhaps with the same descriptor.
  [[nodiscard]] std::uint32_t sockets() const { return sockets_; }
  // Why it is Broken. Failure: the server refused this client, or is of another cluster or version.
  // Unreachable: everything else.
  [[nodiscard]] const Status& why() const { return why_; }
  // Whether it waits for the socket to take bytes.
  [[nodiscard]] bool wants_to_write() const;

  void on_resolved();
  void on_writable();
  // Reads what is there, at most a bounded amount of it, by way of `buffer`.
  void on_readable(std::span<char> buffer);

  // Where the request's bytes end in all that this link sends; 0: it is larger than a frame.
  // REQUIRES: Open.
  [[nodiscard]] std::uint64_t queue(std::uint64_t number, const ClientRequest& request);
  // Hands to the system what is queued, as far as it takes it. Where the connection turns out to be
  // broken, the answers that came before are there for take_replies().
  void flush();
  // How many bytes the system has taken so far.
  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  [[nodiscard]] std::vector<NumberedReply> take_replies() { return session_.take_replies(); }

 private:
  void connect_next();
  void greet();
  void read(std::span<char> buffer, int reads_max);
  // Breaks it off, but not before it has heard what the server said: a dropped answer would
  // leave its write in doubt, and a dropped refusal would look like a broken network.
  void end_sending(int error);
  void close();
  void break_off(Status why);

  State state_ = State::Resolving;
  Status why_;
  int descriptor_ = kNoDescriptor;
  std::uint32_t sockets_ = 0;
  int last_error_ = 0;  // of the address that was tried last
  std::unique_ptr<NameLookup> lookup_;
  std::vector<SocketAddress> addresses_;  // not tried yet, the last first
  Session session_;
  std::string outgoing_;
  std::size_t outgoing_begin_ = 0;  // before it everything is sent
  std::uint64_t sent_ = 0;
};

}  // namespace starling
