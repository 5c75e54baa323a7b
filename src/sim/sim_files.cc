#include "sim/sim_files.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/random.h"

namespace starling::sim {
namespace {

std::string_view directory_of(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : name.substr(0, slash);
}

bool coin(Random& random) {
  return random.below(2) == 0;
}

// Nothing, everything and something in between, each often: the edges are where mistakes are.
std::size_t some_of(std::size_t count, Random& random) {
  switch (random.below(4)) {
    case 0:
      return 0;
    case 1:
      return count;
    default:
      return random.below(count + 1);
  }
}

}  // namespace

std::optional<FileId> SimFiles::find(std::string_view name) const {
  const auto found = visible_.find(name);
  if (found == visible_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string> SimFiles::names() const {
  std::vector<std::string> all;
  all.reserve(visible_.size());
  for (const auto& [name, file] : visible_) all.push_back(name);
  return all;
}

FileId SimFiles::create(std::string name) {
  const FileId file{++created_};
  files_.emplace(file, File{});
  Change change{{}, std::move(name), file};
  const std::optional<FileId> replaced = find(change.to);
  apply(change, visible_);
  changes_.push_back(std::move(change));
  if (replaced.has_value()) forget_if_lost(*replaced);
  return file;
}

bool SimFiles::remove(std::string_view name) {
  const std::optional<FileId> file = find(name);
  if (!file.has_value()) return false;
  Change change{std::string(name), {}, *file};
  apply(change, visible_);
  changes_.push_back(std::move(change));
  return true;
}

bool SimFiles::rename(std::string_view from, std::string to) {
  const std::optional<FileId> file = find(from);
  if (!file.has_value()) return false;
  Change change{std::string(from), std::move(to), *file};
  apply(change, visible_);
  changes_.push_back(std::move(change));
  return true;
}

void SimFiles::apply(const Change& change, Entries& to) {
  if (!change.from.empty()) {
    const auto old = to.find(change.from);
    if (old != to.end() && old->second == change.file) to.erase(old);
  }
  if (!change.to.empty()) to.insert_or_assign(change.to, change.file);
}

bool SimFiles::touches(const Change& change, std::string_view directory) {
  const std::string& name = change.to.empty() ? change.from : change.to;
  return directory_of(name) == directory;
}

void SimFiles::sync_directory(std::string_view directory) {
  std::vector<Change> rest;
  std::vector<FileId> touched;
  for (Change& change : changes_) {
    if (touches(change, directory)) {
      touched.push_back(change.file);
      apply(change, durable_);
    } else {
      rest.push_back(std::move(change));
    }
  }
  changes_ = std::move(rest);
  for (const FileId file : touched) forget_if_lost(file);
}

void SimFiles::sync(FileId file) {
  File& synced = files_.at(file);
  synced.synced = synced.bytes.size();
}

void SimFiles::drop_unsynced(FileId file) {
  File& dropped = files_.at(file);
  std::fill(std::next(dropped.bytes.begin(), static_cast<std::ptrdiff_t>(dropped.synced)),
            dropped.bytes.end(), '\0');
}

void SimFiles::close(FileId file) {
  File& closed = files_.at(file);
  STARLING_CHECK(closed.opens > 0);
  --closed.opens;
  forget_if_lost(file);
}

bool SimFiles::is_named(FileId file) const {
  const auto names_it = [file](const auto& entry) { return entry.second == file; };
  return std::any_of(visible_.begin(), visible_.end(), names_it) ||
         std::any_of(durable_.begin(), durable_.end(), names_it) ||
         std::any_of(changes_.begin(), changes_.end(),
                     [file](const Change& change) { return change.file == file; });
}

void SimFiles::forget_if_lost(FileId file) {
  const auto found = files_.find(file);
  if (found != files_.end() && found->second.opens == 0 && !is_named(file)) files_.erase(found);
}

void SimFiles::lose_power(Outage outage, Random& random) {
  if (outage.order == DirectoryOrder::InOrder) {
    changes_.resize(some_of(changes_.size(), random));
  } else {
    std::erase_if(changes_, [&random](const Change& /*change*/) { return coin(random); });
  }
  for (const Change& change : changes_) apply(change, durable_);
  changes_.clear();
  visible_ = durable_;
  std::erase_if(files_, [this](const auto& entry) {
    STARLING_CHECK(entry.second.opens == 0);
    return !is_named(entry.first);
  });
  for (auto& [id, file] : files_) cut(file, outage.tail, random);
}

void SimFiles::cut(File& file, FileTail tail, Random& random) const {
  const std::size_t unsynced = file.bytes.size() - file.synced;
  const std::size_t kept = some_of(unsynced, random);
  std::size_t garbage = tail == FileTail::Garbage ? some_of(unsynced - kept, random) : 0;
  file.bytes.resize(file.synced + kept);
  const bool zeros = coin(random);
  while (garbage-- > 0) {
    file.bytes.push_back(zeros ? '\0' : static_cast<char>(random.below(256)));
  }
  // What is there after a power loss is on the disk.
  file.synced = file.bytes.size();
}

}  // namespace starling::sim
