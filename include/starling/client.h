#pragma once

// Client: start here. A client of one cluster:
//
//   starling::Client client({.endpoints = {"127.0.0.1:7400"}});
//   auto read = client.get("carts", "alice");
//   if (!read.ok()) return read.status();
//   auto written = client.put("carts", "alice", merge(read->siblings), {.context = read->context});
//
// Every call comes in two forms: one that waits, and one ("_async") that takes a function to call
// when the answer is there. Any number of threads may use one client, and many requests travel on
// one connection at once: an application needs one client, not one a thread.
//
// It connects when it is first used, to a node that owns the key where it knows one. Each call has
// one deadline, which covers everything: resolving names, connecting, other nodes, the cluster's
// own work. Whatever the network does, a call ends by its deadline. A call goes on to another node
// where that is safe (Retry, in options.h).
//
// Any call can fail with: Usage        arguments that can never be honoured. Nothing was sent.
//                         Unreachable  no node could be reached. Nothing was applied.
//                         Unavailable  too few replicas (or, of a read, no answer in time).
//                                      Nothing was applied.
//                         Overloaded, DiskFull  as their names say. Nothing was applied. Overloaded
//                                      is also this client's own bound (ClientOptions).
//                         Failure      a server of another cluster or version, or a broken answer.
// After an error a result holds nothing but its Status.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "starling/admin.h"
#include "starling/options.h"
#include "starling/read_result.h"
#include "starling/result.h"
#include "starling/status.h"

namespace starling {

class ClientEngine;

inline constexpr std::string_view kEndpointDefault = "127.0.0.1:7400";

enum class Routing : std::uint8_t {
  // Each key's requests go to a node that owns it. The client asks the cluster for its members and
  // learns from answers who owns what; knowing it wrong costs a hop, never an error.
  Owners,
  // Only to the endpoints given, in their order: to ask one node in particular, or where the
  // addresses that nodes advertise can not be reached from here.
  Endpoints,
};

struct ClientOptions {
  // host:port of nodes of one cluster, in the order in which they are tried; 128 at most. A literal
  // IPv6 address stands in brackets.
  std::vector<std::string> endpoints{std::string(kEndpointDefault)};
  // When not empty: refuse to talk to any cluster of another name.
  std::string cluster{};
  Routing routing = Routing::Owners;
  // How often a request that every node refused, or that reached none, goes round again before its
  // deadline, with pauses in between. 1: each node is asked once. At least 1.
  std::uint32_t rounds = 3;
  // What may be under way at once; beyond either, a call fails with Overloaded before it is sent.
  std::size_t requests_max = 65'536;               // at most 1,000,000
  std::size_t bytes_max = std::size_t{64} << 20U;  // of keys and values that are being sent
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

// Addresses and values of many keys, for the calls that take several at once.
struct KeyRef {
  std::string_view bucket;
  std::string_view key;
};
struct PutItem {
  std::string_view bucket;
  std::string_view key;
  std::string_view value;
  std::string_view context{};  // instead of the options' one; empty: a blind write
};

using PutDone = std::function<void(Result<WriteResult>)>;
using GetDone = std::function<void(Result<ReadResult>)>;
using PutManyDone = std::function<void(std::vector<Result<WriteResult>>)>;
using GetManyDone = std::function<void(std::vector<Result<ReadResult>>)>;

class Client {
 public:
  // Does not connect. Options that make no sense (no endpoint, one that can not be read, too many)
  // are the Usage error of every call.
  explicit Client(ClientOptions options = {});
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  // Ends what is under way: a write that was sent is in doubt, everything else was not applied, and
  // the functions of asynchronous calls are told so before this returns. No thread may be inside a
  // call that waits, and it may not be called from such a function.
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

  // The same for many keys at once, each with a result of its own, in the order of the items. Their
  // requests travel together; the timeout of the options is that of each. Items are read until the
  // call returns.
  std::vector<Result<WriteResult>> put_many(std::span<const PutItem> items,
                                            const WriteOptions& options = {});
  std::vector<Result<ReadResult>> get_many(std::span<const KeyRef> keys,
                                           const ReadOptions& options = {});

  // The asynchronous forms. What is passed in is copied before they return. After an ok Status
  // `done` is called exactly once, after at most the timeout, by the client's own thread or by one
  // that is inside a call that waits, never by two at once; otherwise (Usage, TooLarge, BadContext,
  // or Overloaded: as many requests are under way as ClientOptions allows) it is never called.
  // `done` must not be empty (Usage), not block and not throw; to call asynchronous functions from
  // within it is cheap and welcome, a call that waits is refused there with Usage.
  Status put_async(std::string_view bucket, std::string_view key, std::string_view value,
                   const WriteOptions& options, PutDone done);
  Status get_async(std::string_view bucket, std::string_view key, const ReadOptions& options,
                   GetDone done);
  Status remove_async(std::string_view bucket, std::string_view key, const DeleteOptions& options,
                      PutDone done);
  // `done` is called exactly once, when every item has its result, unless it is empty: then nobody
  // hears of them. What is wrong with an item stands there. May call it before they return, where
  // no item is left to wait for.
  void put_many_async(std::span<const PutItem> items, const WriteOptions& options,
                      PutManyDone done);
  void get_many_async(std::span<const KeyRef> keys, const ReadOptions& options, GetManyDone done);

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
  // What the cluster still has to do behind its requests.
  Result<TaskList> cluster_tasks(std::chrono::milliseconds timeout = kTimeoutDefault);
  // Changes of the members are staged one by one, looked at as a plan, and committed as that plan;
  // what is staged is the cluster's, whichever node is asked and whoever asked before. Each returns
  // the plan as it is then.
  // Stages that a member gives its slots away to the others and then is no member any more, or that
  // one that will not come back is given up: its slots are filled from the other copies.
  // Errors: Usage        no such member, or it can not be done: the message says why.
  //         Overloaded   too much is staged, or is being ordered.
  //         Unavailable  the node can not ask the others now: nothing was done.
  //         InDoubt      it may be staged, now or later: look at the plan.
  Result<ChangeReport> cluster_leave(std::string_view member,
                                     std::chrono::milliseconds timeout = kTimeoutDefault);
  Result<ChangeReport> cluster_remove(std::string_view member,
                                      std::chrono::milliseconds timeout = kTimeoutDefault);
  // Stages that the node at `address` becomes a member, or takes over from `member`. It was started
  // with `--initial-cluster none` and waits for that; it is asked who it is. `zone`: its failure
  // domain; may be empty.
  // Errors: Usage  it does not wait to be joined, is of another cluster or has other partitions, or
  //                its name is taken; others as above, Unreachable where the node is not there.
  Result<ChangeReport> cluster_join(const std::string& address, const std::string& zone = {},
                                    std::chrono::milliseconds timeout = kTimeoutDefault);
  Result<ChangeReport> cluster_replace(std::string_view member, const std::string& address,
                                       const std::string& zone = {},
                                       std::chrono::milliseconds timeout = kTimeoutDefault);
  // What is staged, and what it would do.
  Result<ChangeReport> cluster_plan(std::chrono::milliseconds timeout = kTimeoutDefault);
  // Begins what is staged; it goes on by itself (cluster_tasks()), and can not be taken back.
  // `plan`: of the report that was looked at.
  // Errors: ConditionFailed  nothing is staged, or the plan is another one by now.
  //         others           as above; Usage also where `plan` is the name of none.
  Result<ChangeReport> cluster_commit(std::string_view plan,
                                      std::chrono::milliseconds timeout = kTimeoutDefault);
  // Takes back all that is staged. ConditionFailed: nothing is; others as above.
  Result<ChangeReport> cluster_abort(std::chrono::milliseconds timeout = kTimeoutDefault);
  // Names a run of cluster_repair().
  [[nodiscard]] RepairRun new_repair(std::optional<std::uint32_t> partition = std::nullopt,
                                     bool dry_run = false);
  // Compares replicas now, instead of when their turn comes, and makes them equal. The first call
  // begins the run, the others say how far it is; it goes on whether or not anybody asks.
  // Errors: Usage       no such partition.
  //         Overloaded  another run is not over: ask again, this one begins then.
  Result<RepairReport> cluster_repair(const RepairRun& run,
                                      std::chrono::milliseconds timeout = kTimeoutDefault);
  // The node that answers: the first endpoint, unless that can not be reached.
  Result<NodeStatus> node_info(std::chrono::milliseconds timeout = kTimeoutDefault);

 private:
  std::unique_ptr<ClientEngine> engine_;
};

}  // namespace starling
