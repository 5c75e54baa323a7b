#include "cli/line_queue.h"

#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>

namespace starling::cli {
namespace {

constexpr std::size_t kLinesMax = 256;
// One value of the greatest size always fits an empty queue, whatever this says.
constexpr std::size_t kBytesMax = std::size_t{8} << 20U;

std::size_t bytes_of(const ImportLine& line) {
  return line.record.key.size() + line.record.value.size();
}

}  // namespace

void LineQueue::push(ImportLine line) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return has_room(); });
  bytes_ += bytes_of(line);
  lines_.push_back(std::move(line));
  changed_.notify_all();
}

void LineQueue::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

std::optional<ImportLine> LineQueue::pop() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || !lines_.empty(); });
  if (lines_.empty()) return std::nullopt;
  ImportLine line = std::move(lines_.front());
  lines_.pop_front();
  bytes_ -= bytes_of(line);
  changed_.notify_all();
  return line;
}

bool LineQueue::has_room() const {
  return lines_.empty() || (lines_.size() < kLinesMax && bytes_ < kBytesMax);
}

}  // namespace starling::cli
