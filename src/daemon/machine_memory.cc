#include "daemon/machine_memory.h"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iterator>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>

#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/ids.h"
#include "message/peer_messages.h"

namespace starling {
namespace {

constexpr const char* kSharedMemory = "/dev/shm";
constexpr long kTmpfsMagic = 0x01021994;  // statfs(2)
constexpr mode_t kOnlyOwner = 0700;
constexpr std::size_t kEntryBytesMax = 8192;  // a path, and four numbers
// Of one look for directories that are gone; what is left goes at a later start.
constexpr int kForgottenMax = 256;

std::string path_of(const std::string& data_directory) {
  std::error_code ignored;
  return std::filesystem::weakly_canonical(data_directory, ignored).string();
}

// Others may write to the shared memory as well: a folder that is not ours alone is nobody's.
bool is_ours_alone(const std::string& folder) {
  struct stat found = {};
  if (::lstat(folder.c_str(), &found) != 0) return false;
  return S_ISDIR(found.st_mode) && found.st_uid == ::geteuid() && (found.st_mode & 077U) == 0;
}

std::string read_file(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(stream)),
                          std::istreambuf_iterator<char>());
  return bytes.size() > kEntryBytesMax ? std::string() : bytes;
}

// Takes the next hexadecimal number and the character behind it off `text`.
std::optional<std::uint64_t> take_number(std::string_view& text, char behind) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  const auto used = static_cast<std::size_t>(end - text.data());
  if (error != std::errc() || used == text.size() || *end != behind) return std::nullopt;
  text.remove_prefix(used + 1);
  return number;
}

struct Entry {
  BootAnnouncement start;
  std::string directory;
};

std::string text_of(const Entry& entry) {
  const Hash128& store = entry.start.store.value;
  return to_text(store.high) + " " + to_text(store.low) + " " + to_text(entry.start.boot_sequence) +
         " " + to_text(entry.start.incarnation.value) + "\n" + entry.directory;
}

std::optional<Entry> entry_of(std::string_view text) {
  const std::optional<std::uint64_t> high = take_number(text, ' ');
  const std::optional<std::uint64_t> low = take_number(text, ' ');
  const std::optional<std::uint64_t> sequence = take_number(text, ' ');
  const std::optional<std::uint64_t> incarnation = take_number(text, '\n');
  if (!high || !low || !sequence || !incarnation) return std::nullopt;
  return Entry{.start = {.store = StoreId{Hash128{.high = *high, .low = *low}},
                         .boot_sequence = *sequence,
                         .incarnation = Incarnation{*incarnation}},
               .directory = std::string(text)};
}

// Forgets directories that are gone, and every start of `store`, wherever it lay: a later one
// counts now, and a copy that was left behind must not pass for the latest, not even if this start
// can not be written down.
void forget_what_is_past(const std::string& folder, const StoreId& store) {
  std::error_code error;
  int forgotten = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder, error)) {
    if (file.path().has_extension()) continue;  // another process is about to finish it
    const std::optional<Entry> entry = entry_of(read_file(file.path()));
    const bool is_past = entry.has_value() && entry->start.store == store;
    const bool is_gone = !entry.has_value() || !std::filesystem::exists(entry->directory, error);
    if (!is_past && (!is_gone || forgotten == kForgottenMax)) continue;
    std::filesystem::remove(file.path(), error);
    if (!is_past) ++forgotten;
  }
}

}  // namespace

MachineMemory::MachineMemory() {
  struct statfs found = {};
  // Anything else might be a disk, which a snapshot brings back.
  const bool in_memory = ::statfs(kSharedMemory, &found) == 0 && found.f_type == kTmpfsMagic;
  if (in_memory) {
    folder_ = std::string(kSharedMemory) + "/starling-" + std::to_string(::geteuid());
  }
}

std::optional<BootAnnouncement> MachineMemory::recall(const std::string& data_directory) const {
  if (folder_.empty() || !is_ours_alone(folder_)) return std::nullopt;
  const std::string path = path_of(data_directory);
  const std::optional<Entry> entry = entry_of(read_file(folder_ + "/" + to_text(hash64(path))));
  if (!entry.has_value() || entry->directory != path) return std::nullopt;
  return entry->start;
}

void MachineMemory::remember(const std::string& data_directory,
                             const BootAnnouncement& start) const {
  if (folder_.empty()) return;
  ::mkdir(folder_.c_str(), kOnlyOwner);
  if (!is_ours_alone(folder_)) return;
  forget_what_is_past(folder_, start.store);
  const std::string path = path_of(data_directory);
  const std::string file = folder_ + "/" + to_text(hash64(path));
  // By a rename, so that a process that dies here leaves no memory or a whole one.
  const std::string unfinished = file + "." + std::to_string(::getpid());
  std::ofstream stream(unfinished, std::ios::binary);
  stream << text_of({.start = start, .directory = path}) << std::flush;
  std::error_code ignored;
  if (stream.good()) std::filesystem::rename(unfinished, file, ignored);
}

}  // namespace starling
