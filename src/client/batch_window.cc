#include "client/batch_window.h"

#include <optional>

#include "base/assert.h"

namespace starling {

std::optional<BatchWindow::Taken> BatchWindow::take() {
  // Without room in the client, an answer of this batch has to come first.
  const bool blocked = !returned_.empty() && under_way_ > 0;
  if (blocked || under_way_ == at_once_) return std::nullopt;
  Taken taken{.alone = under_way_ == 0, .answered = answered_};
  if (!returned_.empty()) {
    taken.index = returned_.back();
    returned_.pop_back();
  } else if (next_ < items_) {
    taken.index = next_++;
  } else {
    return std::nullopt;
  }
  ++under_way_;
  return taken;
}

void BatchWindow::answered() {
  STARLING_CHECK(under_way_ > 0);
  --under_way_;
  ++answered_;
}

bool BatchWindow::comes_back(const Taken& taken) {
  const bool kept_room = !taken.alone || under_way_ > 1 || answered_ != taken.answered;
  if (!kept_room) {
    answered();
    return false;
  }
  --under_way_;
  returned_.push_back(taken.index);
  return true;
}

}  // namespace starling
