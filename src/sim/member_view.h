#pragma once

// MemberView: what monitors may look at: the members, and what became of their disks.

#include <cstdint>

#include "sim/sim_member.h"

namespace starling::sim {

class MemberView {
 public:
  MemberView() = default;
  MemberView(const MemberView&) = delete;
  MemberView& operator=(const MemberView&) = delete;
  MemberView(MemberView&&) = delete;
  MemberView& operator=(MemberView&&) = delete;
  virtual ~MemberView() = default;

  [[nodiscard]] virtual const SimMember& member(std::uint32_t node) const = 0;
  [[nodiscard]] virtual std::uint32_t size() const = 0;
  // Its disk was lost or rolled back: its answers must count for nothing.
  [[nodiscard]] virtual bool is_written_off(std::uint32_t node) const = 0;
};

}  // namespace starling::sim
