#include "client/socket_address.h"

#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <netdb.h>
#include <sys/socket.h>

#include "starling/result.h"
#include "starling/status.h"

#include "client/endpoint.h"

// The C library spreads the names of its public headers over internal ones.
// NOLINTBEGIN(misc-include-cleaner)
namespace starling {
namespace {

struct AddressListDeleter {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

Result<std::vector<SocketAddress>> look_up(const Endpoint& endpoint, int flags) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = flags;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(endpoint.host.c_str(), endpoint.port.c_str(), &wanted, &list);
  if (error != 0) return Status(StatusCode::Unreachable, gai_strerror(error));
  const std::unique_ptr<addrinfo, AddressListDeleter> owned(list);
  std::vector<SocketAddress> addresses;
  for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
    SocketAddress& address = addresses.emplace_back();
    std::memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
    address.size = each->ai_addrlen;
  }
  return addresses;
}

}  // namespace

std::optional<SocketAddress> literal_address(const Endpoint& endpoint) {
  const auto found = look_up(endpoint, AI_NUMERICHOST | AI_NUMERICSERV);
  if (!found.ok()) return std::nullopt;
  return found->front();
}

// Belongs to both threads; whoever lets go of it last deletes it.
struct NameLookup::Shared {
  std::mutex mutex;
  std::optional<Result<std::vector<SocketAddress>>> answer;
  std::function<void()> ready;
  bool abandoned = false;
  bool answered = false;

  // Returns whether the other side has let go.
  bool complete(Result<std::vector<SocketAddress>> found) {
    const std::lock_guard lock(mutex);
    answer = std::move(found);
    answered = true;
    if (!abandoned) ready();
    return abandoned;
  }
};

void NameLookup::Abandon::operator()(Shared* shared) const {
  bool last = false;
  {
    const std::lock_guard lock(shared->mutex);
    shared->abandoned = true;
    last = shared->answered;
  }
  if (last) delete shared;
}

NameLookup::NameLookup(const Endpoint& endpoint, std::function<void()> ready)
    : shared_(new Shared) {
  shared_->ready = std::move(ready);
  Shared* const shared = shared_.get();
  const auto look = [shared, endpoint] {
    if (shared->complete(look_up(endpoint, 0))) delete shared;
  };
  try {
    std::thread(look).detach();
  } catch (const std::system_error& error) {
    static_cast<void>(shared->complete(
        Status(StatusCode::Unreachable, std::string("no thread to resolve it: ") + error.what())));
  }
}

NameLookup::~NameLookup() = default;

std::optional<Result<std::vector<SocketAddress>>> NameLookup::take() {
  const std::lock_guard lock(shared_->mutex);
  return std::exchange(shared_->answer, std::nullopt);
}

}  // namespace starling
// NOLINTEND(misc-include-cleaner)
