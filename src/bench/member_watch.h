#pragma once

// MemberWatch: the members of the cluster that is measured: where they are, and how much processor
// time they have used, by their own accounts.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "starling/client.h"
#include "starling/result.h"

namespace starling::bench {

class MemberWatch {
 public:
  // Errors: as Client::cluster_status, of the endpoints.
  [[nodiscard]] static Result<MemberWatch> find(const std::vector<std::string>& endpoints,
                                                std::chrono::milliseconds timeout);

  // Of the members that can be reached from here; the endpoints given, where none can.
  [[nodiscard]] const std::vector<std::string>& addresses() const { return addresses_; }
  // Whether every member owns every key, so that a request costs no hop wherever it goes.
  [[nodiscard]] bool every_member_owns_all() const { return every_member_owns_all_; }
  // Of all members since find(), in microseconds. Nothing: one could not be asked, or was restarted
  // meanwhile.
  [[nodiscard]] std::optional<std::uint64_t> cpu_used();

 private:
  struct Member {
    std::unique_ptr<Client> client;
    std::string incarnation;
    std::uint64_t cpu_us = 0;
  };

  std::chrono::milliseconds timeout_{};
  std::vector<std::string> addresses_;
  std::vector<Member> members_;
  bool complete_ = true;  // every member that is up was asked
  bool every_member_owns_all_ = true;
};

}  // namespace starling::bench
