#include "daemon/service_notice.h"

#include <array>
#include <cstddef>
#include <cstring>
#include <string>

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "temporary_directory.h"

namespace starling {
namespace {

// What systemd does: a datagram socket at `name`.
class Listener {
 public:
  explicit Listener(const std::string& name) : descriptor_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(static_cast<char*>(address.sun_path), name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    REQUIRE(::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  Listener(Listener&&) = delete;
  Listener& operator=(Listener&&) = delete;
  ~Listener() { ::close(descriptor_); }

  [[nodiscard]] std::string heard() const {
    std::array<char, 256> bytes{};
    const ssize_t size = ::recv(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    return size < 0 ? std::string() : std::string(bytes.data(), static_cast<std::size_t>(size));
  }

 private:
  int descriptor_;
};

TEST_CASE("ServiceNotice: what is told arrives at a socket with a path") {
  const TemporaryDirectory directory("notify");
  const std::string path = directory.path() + "/socket";
  const Listener listener(path);
  CHECK(notify_service(path, "READY=1"));
  CHECK(listener.heard() == "READY=1");
}

TEST_CASE("ServiceNotice: and at one with an abstract name") {
  const std::string name = "@starling-test-" + std::to_string(::getpid());
  const Listener listener(name);
  CHECK(notify_service(name, "STOPPING=1"));
  CHECK(listener.heard() == "STOPPING=1");
}

TEST_CASE("ServiceNotice: where nobody listens, or asked, nothing happens") {
  CHECK_FALSE(notify_service("", "READY=1"));
  CHECK_FALSE(notify_service("/", "READY=1"));
  CHECK_FALSE(notify_service("relative", "READY=1"));
  CHECK_FALSE(notify_service("/nowhere/at/all", "READY=1"));
  CHECK_FALSE(notify_service("/" + std::string(200, 'x'), "READY=1"));
}

}  // namespace
}  // namespace starling
