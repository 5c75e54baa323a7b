#pragma once

// CausalSession: reads that never go back. A read through it returns nothing older than what was
// written or read through it before ("read your writes" and "monotonic reads"), at any level and
// whichever node answers; a write through it replaces what its last read of that key returned.
//
//   starling::CausalSession session(client);
//   session.put("carts", "alice", "2 apples");
//   session.get("carts", "alice", {.r = Level::one()});  // sees them, or is Unavailable
//
// It keeps the context of each key, the least recently used given up beyond its bounds: that key
// then begins anew, as if it had not been used. Promises are per key, none spans two keys. Any
// number of threads may use one session; of calls on one key that overlap, the context of the write
// that ended last is kept.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "starling/client.h"
#include "starling/options.h"
#include "starling/read_result.h"
#include "starling/result.h"

namespace starling {

class ContextCache;

struct SessionOptions {
  std::size_t keys_max = 4096;                     // at least 1
  std::size_t bytes_max = std::size_t{16} << 20U;  // of keys and contexts
};

class CausalSession {
 public:
  // `client` outlives the session.
  explicit CausalSession(Client& client, const SessionOptions& options = {});
  CausalSession(const CausalSession&) = delete;
  CausalSession& operator=(const CausalSession&) = delete;
  CausalSession(CausalSession&&) noexcept;
  CausalSession& operator=(CausalSession&&) noexcept;
  ~CausalSession();

  // As Client's, with the context of the key where the options carry none. After an error the
  // session knows what it knew before: of a write in doubt it does not claim that it was seen.
  // Where the options carry another one than the session has, the call is as the client's alone:
  // that context is what counts for it, and the session knows what it knew before.
  // Errors: as Client's. get: Unavailable also when no replica in reach holds what was seen before.
  Result<WriteResult> put(std::string_view bucket, std::string_view key, std::string_view value,
                          WriteOptions options = {});
  Result<ReadResult> get(std::string_view bucket, std::string_view key, ReadOptions options = {});
  Result<WriteResult> remove(std::string_view bucket, std::string_view key,
                             DeleteOptions options = {});

  // What this session has seen of a key, to hand it to another session; empty: nothing.
  [[nodiscard]] std::string context_of(std::string_view bucket, std::string_view key) const;
  // From now on reads of the key must cover `context`; an empty one forgets the key.
  void set_context(std::string_view bucket, std::string_view key, std::string_view context);
  // How many keys the bounds have made it forget so far.
  [[nodiscard]] std::uint64_t forgotten() const;

 private:
  Client* client_;
  std::unique_ptr<ContextCache> contexts_;
};

}  // namespace starling
