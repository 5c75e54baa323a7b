#pragma once

// Tells whoever started this process (systemd, Type=notify) how it stands: one datagram to the
// socket that $NOTIFY_SOCKET names (sd_notify(3)). It is a courtesy: where nobody listens, nothing
// happens.

#include <string>
#include <string_view>

namespace starling {

// `socket`: an absolute path, or '@' and an abstract name; empty: nobody asked. `state`: lines such
// as "READY=1". Whether it was sent. Never waits.
bool notify_service(const std::string& socket, std::string_view state);

}  // namespace starling
