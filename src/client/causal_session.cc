#include "starling/causal_session.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "starling/client.h"
#include "starling/options.h"
#include "starling/read_result.h"
#include "starling/result.h"
#include "starling/status.h"

#include "client/context_cache.h"

namespace starling {
namespace {

// Contexts are opaque here: of two nobody can say which has seen more, or what both have seen. So
// what comes of another one than the session's must not take its place.
bool is_aside(std::string_view own, const ContextCache::Seen& seen) {
  return !own.empty() && !seen.context.empty() && own != seen.context;
}

// What a write teaches of its key.
void learn(ContextCache& contexts, std::string_view bucket, std::string_view key,
           const Result<WriteResult>& written) {
  if (written.ok()) contexts.store(bucket, key, written->context);
  // No server takes it any more: keeping it would fail every call to come.
  if (written.status().code() == StatusCode::BadContext) contexts.store(bucket, key, {});
}

}  // namespace

CausalSession::CausalSession(Client& client, const SessionOptions& options)
    : client_(&client),
      contexts_(std::make_unique<ContextCache>(options.keys_max, options.bytes_max)) {}
CausalSession::CausalSession(CausalSession&&) noexcept = default;
CausalSession& CausalSession::operator=(CausalSession&&) noexcept = default;
CausalSession::~CausalSession() = default;

Result<WriteResult> CausalSession::put(std::string_view bucket, std::string_view key,
                                       std::string_view value, WriteOptions options) {
  const ContextCache::Seen seen = contexts_->find(bucket, key);
  const bool aside = is_aside(options.context, seen);
  if (options.context.empty()) options.context = seen.context;
  Result<WriteResult> written = client_->put(bucket, key, value, options);
  if (!aside) learn(*contexts_, bucket, key, written);
  return written;
}

Result<ReadResult> CausalSession::get(std::string_view bucket, std::string_view key,
                                      ReadOptions options) {
  const ContextCache::Seen seen = contexts_->find(bucket, key);
  const bool aside = is_aside(options.context, seen);
  if (options.context.empty()) options.context = seen.context;
  Result<ReadResult> read = client_->get(bucket, key, options);
  if (aside) return read;
  if (read.ok()) contexts_->store_unless_newer(bucket, key, read->context, seen);
  if (read.status().code() == StatusCode::BadContext) contexts_->store(bucket, key, {});
  return read;
}

Result<WriteResult> CausalSession::remove(std::string_view bucket, std::string_view key,
                                          DeleteOptions options) {
  const ContextCache::Seen seen = contexts_->find(bucket, key);
  const bool aside = is_aside(options.write.context, seen);
  if (options.write.context.empty()) options.write.context = seen.context;
  Result<WriteResult> removed = client_->remove(bucket, key, options);
  if (!aside) learn(*contexts_, bucket, key, removed);
  return removed;
}

std::string CausalSession::context_of(std::string_view bucket, std::string_view key) const {
  return contexts_->find(bucket, key).context;
}

void CausalSession::set_context(std::string_view bucket, std::string_view key,
                                std::string_view context) {
  contexts_->store(bucket, key, context);
}

std::uint64_t CausalSession::forgotten() const {
  return contexts_->forgotten();
}

}  // namespace starling
