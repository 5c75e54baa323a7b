#pragma once

// SocketAddress: where to connect to, as the system wants it, and how endpoints become that. A name
// takes as long to resolve as some distant server likes; that happens in a thread of its own, so
// that it delays nothing and keeps no deadline waiting.

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <sys/socket.h>

#include "starling/result.h"

#include "client/endpoint.h"

namespace starling {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

// Of a literal IPv4 or IPv6 address; nothing: it is a name.
[[nodiscard]] std::optional<SocketAddress> literal_address(const Endpoint& endpoint);

class NameLookup {
 public:
  // Looks the host up. `ready` is called from the other thread when take() has the answer, and not
  // any more once this is destroyed. It must not call back.
  NameLookup(const Endpoint& endpoint, std::function<void()> ready);
  NameLookup(const NameLookup&) = delete;
  NameLookup& operator=(const NameLookup&) = delete;
  NameLookup(NameLookup&&) = delete;
  NameLookup& operator=(NameLookup&&) = delete;
  // Does not wait for the lookup: the thread ends by itself, with nobody listening.
  ~NameLookup();

  // All addresses, or Unreachable with the system's reason; nothing: not yet.
  [[nodiscard]] std::optional<Result<std::vector<SocketAddress>>> take();

 private:
  struct Shared;
  struct Abandon {
    void operator()(Shared* shared) const;
  };
  std::unique_ptr<Shared, Abandon> shared_;
};

}  // namespace starling
