#pragma once

// SimFiles: the files of one simulated machine, and what is left of them when its power fails. A
// file is bytes of which a prefix is synced; a directory is entries of which some are durable.
// After a power loss each file has its synced prefix and a drawn part of the rest, perhaps with
// garbage behind it, and what was created, renamed or removed without a sync of the directory has
// happened or not. It knows nothing of who reads it; errors of the disk are SimFileFaults.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/random.h"

namespace starling::sim {

// A file itself, whatever it is called.
using FileId = Id<struct FileIdTag>;

// Which changes of a directory that were not synced have happened after a power loss.
enum class DirectoryOrder : std::uint8_t {
  Strict,   // any selection of them: all that POSIX promises
  InOrder,  // a prefix of them: what a journalling file system does
};

// What stands behind the bytes of a file that a power loss kept.
enum class FileTail : std::uint8_t {
  Cut,      // nothing
  Garbage,  // up to the old length: zeros, or bytes of somebody else's
};

struct Outage {
  DirectoryOrder order = DirectoryOrder::Strict;
  FileTail tail = FileTail::Cut;
};

class SimFiles {
 public:
  // Names, as the running machine sees them. A new file under an old name is another file.
  [[nodiscard]] std::optional<FileId> find(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> names() const;
  FileId create(std::string name);
  // False: there is no such name.
  bool remove(std::string_view name);
  bool rename(std::string_view from, std::string to);
  void sync_directory(std::string_view directory);

  // REQUIRES, for these: the file exists. Who keeps a file open keeps it from being forgotten.
  [[nodiscard]] std::string_view bytes(FileId file) const { return files_.at(file).bytes; }
  [[nodiscard]] std::size_t synced_bytes(FileId file) const { return files_.at(file).synced; }
  void append(FileId file, std::string_view bytes) { files_.at(file).bytes.append(bytes); }
  void sync(FileId file);
  // What was not synced reads as zeros from now on (a failed sync that dropped the pages).
  void drop_unsynced(FileId file);
  void open(FileId file) { ++files_.at(file).opens; }
  void close(FileId file);

  // REQUIRES: no file is open.
  void lose_power(Outage outage, Random& random);

 private:
  struct File {
    std::string bytes;
    std::size_t synced = 0;
    std::uint32_t opens = 0;
  };
  using Entries = std::map<std::string, FileId, std::less<>>;
  // A change of a directory that is not durable yet. No `to`: removed. No `from`: created.
  struct Change {
    std::string from;
    std::string to;
    FileId file;
  };

  static void apply(const Change& change, Entries& to);
  [[nodiscard]] static bool touches(const Change& change, std::string_view directory);
  void cut(File& file, FileTail tail, Random& random) const;
  void forget_if_lost(FileId file);
  [[nodiscard]] bool is_named(FileId file) const;

  std::map<FileId, File> files_;
  Entries visible_;
  Entries durable_;
  std::vector<Change> changes_;  // from `durable_` to `visible_`, oldest first
  std::uint64_t created_ = 0;
};

}  // namespace starling::sim
