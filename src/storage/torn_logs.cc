#include "storage/torn_logs.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <leveldb/env.h>
#include <leveldb/status.h>

#include "storage/log_reading.h"
#include "storage/version_edit.h"

namespace starling {
namespace {

constexpr std::string_view kMarker = "MACHINE";
constexpr std::string_view kLogSuffix = ".log";
constexpr std::string_view kTableSuffix = ".ldb";
constexpr std::string_view kTornPrefix = "torn-";

std::optional<std::uint64_t> number_of_log(std::string_view name) {
  if (!name.ends_with(kLogSuffix)) return std::nullopt;
  name.remove_suffix(kLogSuffix.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return number;
}

// Of "torn-000007.log" and "torn-MANIFEST-000007": 7.
std::uint64_t number_in(const std::string& name) {
  const std::size_t digits = name.find_first_of("0123456789");
  if (digits == std::string::npos) return 0;
  std::uint64_t number = 0;
  static_cast<void>(std::from_chars(name.data() + digits, name.data() + name.size(), number));
  return number;
}

std::string name_of_log(std::uint64_t number) {
  std::string name = std::to_string(number);
  name.insert(0, name.size() < 6 ? 6 - name.size() : 0, '0');
  return name.append(kLogSuffix);
}

}  // namespace

TornLogs::TornLogs(leveldb::Env& env, std::string directory, std::string machine_start)
    : env_(env), directory_(std::move(directory)), machine_start_(std::move(machine_start)) {}

std::string TornLogs::path_of(const std::string& name) const {
  return directory_ + "/" + name;
}

leveldb::Status TornLogs::damaged(const std::string& name) const {
  return leveldb::Status::Corruption(path_of(name), "damaged bytes before whole records");
}

leveldb::Status TornLogs::look() {
  torn_.clear();
  std::string current;
  leveldb::Status read = leveldb::ReadFileToString(&env_, path_of("CURRENT"), &current);
  if (read.IsNotFound()) return look_for_remains();
  if (!read.ok()) return read;
  has_database_ = true;
  // What LevelDB shall judge.
  if (!current.ends_with('\n')) return leveldb::Status::OK();
  current.pop_back();
  if (!env_.FileExists(path_of(current))) return leveldb::Status::OK();
  std::uint64_t first_log = 0;
  leveldb::Status status = look_at_manifest(current, first_log);
  std::vector<std::string> names;
  if (status.ok()) status = env_.GetChildren(directory_, &names);
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    const std::optional<std::uint64_t> number = number_of_log(name);
    // What is older is in tables, and only waits to be swept.
    if (!number.has_value() || *number < first_log) continue;
    if (status.ok()) status = look_at_log(name);
  }
  return status;
}

// LevelDB would make a new database there and sweep away what that does not name. Logs and tables
// are made only when CURRENT is durable, so a making that was cut short leaves none.
leveldb::Status TornLogs::look_for_remains() {
  std::vector<std::string> names;
  leveldb::Status listed = env_.GetChildren(directory_, &names);
  if (listed.IsNotFound()) return leveldb::Status::OK();
  if (!listed.ok()) return listed;
  for (const std::string& name : names) {
    if (!name.ends_with(kLogSuffix) && !name.ends_with(kTableSuffix)) continue;
    return leveldb::Status::Corruption(path_of("CURRENT"), "is gone, and '" + name + "' is there");
  }
  return listed;
}

leveldb::Status TornLogs::look_at_manifest(const std::string& name, std::uint64_t& first_log) {
  std::string bytes;
  leveldb::Status read = leveldb::ReadFileToString(&env_, path_of(name), &bytes);
  if (!read.ok()) return read;
  const LogReading reading = read_log(bytes, LogContent::Keep);
  if (reading.end == LogEnd::Damaged) return damaged(name);
  for (const std::string& edit : reading.records) {
    if (const std::optional<std::uint64_t> log = log_number_of_edit(edit)) first_log = *log;
  }
  // A log is made before the manifest names it, and removed only when the manifest names the next
  // one. So either it was lost, which LevelDB does not look for; or there was a next one, in an
  // edit behind the last whole one, which was not torn then but damaged since.
  if (first_log != 0 && !env_.FileExists(path_of(name_of_log(first_log)))) {
    return leveldb::Status::Corruption(path_of(name_of_log(first_log)),
                                       "is gone, and the manifest names it");
  }
  if (reading.end == LogEnd::Torn) torn_.push_back({name, std::move(bytes), reading.whole_bytes});
  return leveldb::Status::OK();
}

leveldb::Status TornLogs::look_at_log(const std::string& name) {
  std::string bytes;
  leveldb::Status read = leveldb::ReadFileToString(&env_, path_of(name), &bytes);
  if (!read.ok()) return read;
  const LogReading reading = read_log(bytes, LogContent::Leave);
  if (reading.end == LogEnd::Damaged) return damaged(name);
  // LevelDB passes over zeros without a word. A process that ends leaves none; and where the sync
  // of a log failed, the marker is gone.
  if (reading.end == LogEnd::Torn && reading.is_garbage && !machine_start_.empty() && !may_cut()) {
    return leveldb::Status::Corruption(path_of(name), "ends in what no end of a process leaves");
  }
  if (reading.end == LogEnd::Torn) torn_.push_back({name, std::move(bytes), reading.whole_bytes});
  return read;
}

bool TornLogs::may_cut() const {
  if (machine_start_.empty()) return false;
  std::string marker;
  const leveldb::Status read =
      leveldb::ReadFileToString(&env_, path_of(std::string(kMarker)), &marker);
  return read.IsNotFound() || (read.ok() && marker != machine_start_);
}

leveldb::Status TornLogs::cut() {
  leveldb::Status status;
  for (const Torn& torn : torn_) {
    status = write_file(std::string(kTornPrefix) + torn.name, torn.bytes.substr(torn.whole_bytes));
    if (status.ok()) status = write_file(torn.name, torn.bytes.substr(0, torn.whole_bytes));
    if (!status.ok()) break;
    told_ += (told_.empty() ? "" : "; ") + std::string("cut ") +
             std::to_string(torn.bytes.size() - torn.whole_bytes) + " bytes off the end of '" +
             path_of(torn.name) + "', which a power loss had torn and nobody was told are stored";
  }
  torn_.clear();
  sweep();
  return status;
}

// Leaves the last ones. The numbers in LevelDB's names only grow, whatever the file is.
void TornLogs::sweep() {
  std::vector<std::string> names;
  if (!env_.GetChildren(directory_, &names).ok()) return;
  std::erase_if(names, [](const std::string& name) { return !name.starts_with(kTornPrefix); });
  std::ranges::sort(names, std::greater(), number_in);
  for (std::size_t index = kTornKept; index < names.size(); ++index) {
    static_cast<void>(env_.RemoveFile(path_of(names[index])));
  }
}

void TornLogs::remember() {
  if (may_cut()) static_cast<void>(write_file(std::string(kMarker), machine_start_));
}

void TornLogs::forget() {
  static_cast<void>(env_.RemoveFile(path_of(std::string(kMarker))));
}

leveldb::Status TornLogs::write_file(const std::string& name, const std::string& bytes) {
  const std::string beside = path_of(name + ".new");
  leveldb::WritableFile* opened = nullptr;
  leveldb::Status status = env_.NewWritableFile(beside, &opened);
  if (!status.ok()) return status;
  const std::unique_ptr<leveldb::WritableFile> file(opened);
  status = file->Append(bytes);
  if (status.ok()) status = file->Sync();
  if (status.ok()) status = file->Close();
  if (status.ok()) status = env_.RenameFile(beside, path_of(name));
  return status;
}

}  // namespace starling
