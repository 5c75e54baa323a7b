#include "daemon/service_notice.h"

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace starling {

bool notify_service(const std::string& socket, std::string_view state) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const bool usable = socket.size() > 1 && (socket.front() == '/' || socket.front() == '@');
  if (!usable || socket.size() >= sizeof(address.sun_path)) return false;
  std::memcpy(static_cast<char*>(address.sun_path), socket.data(), socket.size());
  // The kernel marks an abstract name by a zero where systemd writes '@'.
  if (socket.front() == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket.size());
  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  const auto sent = ::sendto(descriptor, state.data(), state.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&address), size);
  ::close(descriptor);
  return sent >= 0 && static_cast<std::size_t>(sent) == state.size();
}

}  // namespace starling
