#pragma once

// TornLogs: the logs of a database that was not closed in order, looked at before it is opened.
// Damage with records behind it is told, and so is a file that is gone; a torn tail, which nobody
// was told is stored, is cut off where LevelDB would refuse to open for it. What is cut stays aside
// as `torn-NAME`, the last few of them.
//
// A flipped bit in the very last record looks like a torn tail. So nothing is cut unless the
// machine was started anew since the database was opened last, or a write failed: else no tail can
// be torn. The file MACHINE beside the logs says at which start of the machine that was.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <leveldb/env.h>
#include <leveldb/status.h>

namespace starling {

class TornLogs {
 public:
  // What was cut is for people to look at. Power losses beyond this many sweep the older ones.
  static constexpr std::size_t kTornKept = 8;

  // `machine_start`: a text that no two starts of the machine share; empty: nobody knows, and
  // nothing is ever cut. `env` outlives it.
  TornLogs(leveldb::Env& env, std::string directory, std::string machine_start);

  // Corruption: records stand behind damaged bytes; or CURRENT, or the log that the manifest names,
  // is gone. Others: something could not be read.
  [[nodiscard]] leveldb::Status look();
  // Whether look() saw one: then none may be made in its place.
  [[nodiscard]] bool has_database() const { return has_database_; }
  [[nodiscard]] bool may_cut() const;
  // Cuts the torn tails that look() saw. REQUIRES: may_cut().
  [[nodiscard]] leveldb::Status cut();
  // What was cut, in words; empty: nothing.
  [[nodiscard]] const std::string& told() const { return told_; }

  // From here on a tail is torn only by a later start of the machine.
  void remember();
  // A write failed: its bytes may be there in part.
  void forget();
  // Both as well as the disk allows: without the marker a tail may be cut, as if nobody knew
  // better.

 private:
  struct Torn {
    std::string name;
    std::string bytes;
    std::size_t whole_bytes = 0;
  };

  [[nodiscard]] leveldb::Status look_for_remains();
  [[nodiscard]] leveldb::Status look_at_manifest(const std::string& name, std::uint64_t& first_log);
  [[nodiscard]] leveldb::Status look_at_log(const std::string& name);
  void sweep();
  [[nodiscard]] leveldb::Status write_file(const std::string& name, const std::string& bytes);
  [[nodiscard]] std::string path_of(const std::string& name) const;
  [[nodiscard]] leveldb::Status damaged(const std::string& name) const;

  leveldb::Env& env_;
  std::string directory_;
  std::string machine_start_;
  bool has_database_ = false;
  std::vector<Torn> torn_;
  std::string told_;
};

}  // namespace starling
