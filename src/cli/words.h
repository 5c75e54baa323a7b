#pragma once

// Words: a command line as CLI11 files it, before it is understood: what was typed, or the default
// that holds where nothing was.

#include <cstdint>
#include <optional>
#include <string>

#include "cli/bench_words.h"
#include "cli/command.h"

namespace starling::cli {

struct Words : Defaults {
  bool json = false;
  std::string bucket;
  std::string key;
  std::string value;
  std::string file;
  std::string context;
  std::string content_type;
  std::string prefix;
  std::string after;
  std::string ring_key;
  std::optional<std::uint64_t> limit;
  bool blind = false;
  bool keep_going = false;
  BenchWords bench;
  bool sloppy = false;
  bool trace = false;
  bool wait = false;
  std::string later;  // the last word that belongs to a later version
  std::string later_value;
};

}  // namespace starling::cli
