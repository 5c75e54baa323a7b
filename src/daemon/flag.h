#pragma once

// Flag: what a user may set, once for all the places where it can be set: the command line, the
// environment (STARLING_<FLAG>) and the configuration file. GivenValue keeps where a value came
// from, so that an error can name the very place.

#include <array>
#include <map>
#include <string>
#include <string_view>

namespace starling {

struct Flag {
  std::string_view name;   // without the dashes
  std::string_view value;  // what kind of value, as help shows it; empty: none, it is a switch
  std::string_view help;
};

inline constexpr std::array<Flag, 21> kFlags{{
    {"config", "FILE", "TOML file whose keys are these flags without the dashes"},
    {"name", "NAME", "this member's name, unique in the cluster (default: node0)"},
    {"data-dir", "DIR",
     "everything this node stores; locked by one daemon (default: ./starling-data)"},
    {"listen", "HOST:PORT",
     "clients and peers speak the native protocol here (default: 127.0.0.1:7400)"},
    {"http", "HOST:PORT", "HTTP: data, health checks, metrics (default: 127.0.0.1:7500)"},
    {"advertise", "HOST:PORT", "what the others should dial, if not --listen"},
    {"cluster", "NAME", "the cluster's name, checked in every handshake (default: starling)"},
    {"cluster-secret-file", "FILE", "authenticates contexts; without it a warning is logged"},
    {"initial-cluster", "LIST",
     "name=host:port[@zone],...: the founding members; used once, on an empty data directory "
     "(default: this node alone)"},
    {"partitions", "Q", "power of two, fixed when the cluster is founded (default: 1024)"},
    {"replicas", "N", "copies of each key; in force: min(N, members) (default: 3)"},
    {"durability", "MODE",
     "when a write counts as durable: sync (with its synced batch), interval (written, synced "
     "within 1 s) or none (default: sync)"},
    {"memory-limit", "SIZE",
     "what caches, queues and requests may hold together, 256MiB at least (default: a quarter of "
     "the memory)"},
    {"block-cache", "SIZE",
     "memory for blocks of the store that were read (default: a part of --memory-limit)"},
    {"hint-limit", "SIZE",
     "what this node keeps on its disk for members that are away (default: 1GiB; 0: nothing)"},
    {"disk-soft-limit", "SIZE",
     "with less free on the disk no new values are taken (default: a tenth of it, at most 2GiB)"},
    {"disk-hard-limit", "SIZE",
     "with less free no write is taken (default: a twentieth, at most 1GiB)"},
    {"disk-ballast", "SIZE",
     "space kept for opening the store again behind a full disk (default: a hundredth, at most "
     "256MiB; 0: none)"},
    {"slow-request", "DURATION",
     "a request that takes as long is logged, with what happened when (default: 1s; 0: none)"},
    {"insecure", "", "allow to listen beyond loopback, where anybody may read and write"},
    {"log-level", "LEVEL", "trace, debug, info, warning or error (default: info)"},
}};

struct GivenValue {
  std::string text;
  std::string origin;  // "--listen", "STARLING_LISTEN" or "'listen' in starling.toml, line 3"
  friend bool operator==(const GivenValue&, const GivenValue&) = default;
};
using GivenValues = std::map<std::string, GivenValue, std::less<>>;

// Whether a flag of that name exists.
[[nodiscard]] bool is_flag(std::string_view name);
// Adds what `lower` gives and `higher` does not.
[[nodiscard]] GivenValues merged(GivenValues higher, const GivenValues& lower);

}  // namespace starling
