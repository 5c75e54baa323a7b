#pragma once

// Client: start here. A blocking client of one cluster:
//
//   starling::Client client({.endpoints = {"127.0.0.1:7400"}});
//   auto read = client.get("carts", "alice");
//   if (!read.ok()) return read.status();
//   auto written = client.put("carts", "alice", merge(read->siblings), {.context = read->context});
//
// It connects when it is first used and keeps one connection. Each call has one deadline, which
// covers everything: connecting, other endpoints, the cluster's own work. A call goes on to the
// next endpoint where that is safe: when it was certainly not applied, or when it is a read. Not
// thread-safe: one client a thread.
//
// Any call can fail with: Usage        arguments that can never be honoured. Nothing was sent.
//                         Unreachable  no endpoint could be reached. Nothing was applied.
//                         Unavailable  too few replicas (or, of a read, no answer in time).
//                                      Nothing was applied.
//                         Overloaded, DiskFull  as their names say. Nothing was applied.
//                         Failure      a server of another cluster or version, or a broken answer.
// After an error a result holds nothing but its Status.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "starling/admin.h"
#include "starling/options.h"
#include "starling/read_result.h"
#include "starling/result.h"
#include "starling/status.h"

namespace starling {

inline constexpr std::string_view kEndpointDefault = "127.0.0.1:7400";

struct ClientOptions {
  // host:port of nodes of one cluster, in the order in which they are tried. A literal IPv6 address
  // stands in brackets.
  std::vector<std::string> endpoints{std::string(kEndpointDefault)};
  // When not empty: refuse to talk to any cluster of another name.
  std::string cluster{};
};

// "host:port,host:port" as ClientOptions wants it. Usage error that names the entry.
[[nodiscard]] Result<std::vector<std::string>> parse_endpoints(std::string_view text);

struct KeysOptions {
  std::string prefix{};  // only keys that begin with it
  // Begin behind this key (in the listing's own order), or where `cursor`, which the last page
  // returned, says. Both empty: at the beginning.
  std::string after{};
  std::string cursor{};
  std::uint32_t limit = 1000;  // keys a page, 1 to 10,000
  Level r{};
  Level pr = Level::none();
  std::chrono::milliseconds timeout = kTimeoutDefault;  // of one page
};

class Client {
 public:
  // Does not connect. REQUIRES: options.endpoints is not empty.
  explicit Client(ClientOptions options = {});
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  // Writes `value` under `key` and waits until options.w replicas hold it.
  //
  // options.context is what the last read of this key returned. Without it the write is blind and
  // becomes a sibling of whatever is stored.
  // Errors: BadContext       the context is damaged, or of another key or cluster. Nothing stored.
  //         TooLarge         the value has more than 16 MiB. Nothing was stored.
  //         TooManySiblings  blind writes have piled up; read and write with the context. Nothing
  //                          was stored.
  //         InDoubt          no verdict within options.timeout, or the connection broke: the write
  //                          may be there, now or later. Read to find out.
  Result<WriteResult> put(std::string_view bucket, std::string_view key, std::string_view value,
                          const WriteOptions& options = {});

  // Reads every live value of `key` from options.r replicas. An absent or deleted key is a success
  // without siblings, not an error. Values are checked against the checksum of their writer.
  // Errors: BadContext   as for put.
  //         Unavailable  also: no replica in reach holds what options.context has seen.
  Result<ReadResult> get(std::string_view bucket, std::string_view key,
                         const ReadOptions& options = {});

  // Deletes what options.write.context covers; without a context, what a read at options.r finds.
  // A concurrent write that neither saw survives. Deleting what is not there succeeds.
  // Errors: as put.
  Result<WriteResult> remove(std::string_view bucket, std::string_view key,
                             const DeleteOptions& options = {});

  // One page of the live keys of `bucket`, in an order that is stable but means nothing. A scan of
  // the whole bucket on all nodes: not for hot paths. Pages neither miss nor repeat a key that is
  // there throughout.
  Result<KeyPage> keys(std::string_view bucket, const KeysOptions& options = {});

  // Calls `visit` with every such key, page by page, until it returns false. The keys visited
  // before an error were all there.
  Status each_key(std::string_view bucket, KeysOptions options,
                  const std::function<bool(const std::string& key)>& visit);

  // The cluster as the node that answers sees it.
  Result<ClusterStatus> cluster_status(std::chrono::milliseconds timeout = kTimeoutDefault);
  // Who owns each partition.
  Result<RingTable> cluster_ring(std::chrono::milliseconds timeout = kTimeoutDefault);
  // Who owns one key, in the order of preference, and who stands in.
  Result<PartitionOwnership> cluster_ring_of(std::string_view bucket, std::string_view key,
                                             std::chrono::milliseconds timeout = kTimeoutDefault);
  // A digest of the live content of every partition on each of its owners. Reads everything.
  Result<DigestTable> cluster_digest(std::chrono::milliseconds timeout = kTimeoutDefault);
  // The node that answers: the first endpoint, unless it can not be reached.
  Result<NodeStatus> node_info(std::chrono::milliseconds timeout = kTimeoutDefault);

 private:
  class Caller;
  std::unique_ptr<Caller> caller_;
};

}  // namespace starling
