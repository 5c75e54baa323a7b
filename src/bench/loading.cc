#include "bench/loading.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "starling/client.h"
#include "starling/read_result.h"
#include "starling/result.h"
#include "starling/status.h"

#include "base/random.h"
#include "bench/key_name.h"
#include "bench/load_options.h"
#include "bench/record_share.h"
#include "bench/value_pool.h"

namespace starling::bench {
namespace {

// Enough to fill group commits, little enough for any timeout.
constexpr std::size_t kBatchRecords = 512;
// All of a batch's values are in memory at once.
constexpr std::size_t kBatchBytes = std::size_t{16} << 20U;
// A record that was refused, or is in doubt, is read and written again.
constexpr int kTries = 5;

class Loading {
 public:
  Loading(Client& client, const LoadOptions& options, const ValuePool& values, Random random,
          std::vector<RecordShare>& shares)
      : client_(client), options_(options), values_(values), random_(random), shares_(shares) {}

  Status run(const std::function<void(std::uint64_t loaded)>& on_progress) {
    const std::size_t batch = std::clamp<std::size_t>(
        kBatchBytes / std::max<std::size_t>(options_.value_size, 1), 1, kBatchRecords);
    const bool empty = is_bucket_empty();
    for (std::uint64_t begin = 0; begin < options_.records; begin += batch) {
      std::vector<Record> records;
      const std::uint64_t end = std::min(begin + batch, options_.records);
      for (std::uint64_t number = begin; number < end; ++number) {
        records.push_back({.number = number, .key = record_key(number), .context = {}});
      }
      STARLING_RETURN_IF_ERROR(load(std::move(records), empty));
      on_progress(end);
    }
    return Status::success();
  }

 private:
  struct Record {
    std::uint64_t number = 0;
    std::string key;
    std::string context;  // of what is there
  };

  // Then nothing has to be read. A listing that fails says nothing.
  bool is_bucket_empty() {
    KeysOptions listing{.limit = 1};
    listing.timeout = options_.timeout;
    const Result<KeyPage> page = client_.keys(options_.bucket, listing);
    return page.ok() && page->keys.empty();
  }

  Status load(std::vector<Record> records, bool known_absent) {
    Status failure;
    for (int attempt = 0; attempt < kTries && !records.empty(); ++attempt) {
      failure = Status::success();
      if (attempt > 0 || !known_absent) records = read(std::move(records), failure);
      records = write(std::move(records), failure);
    }
    return records.empty() ? Status::success() : failure;
  }

  // Those that have to be written; those that could not be read are among them.
  std::vector<Record> read(std::vector<Record> records, Status& failure) {
    std::vector<KeyRef> keys;
    keys.reserve(records.size());
    for (const Record& record : records) keys.push_back({options_.bucket, record.key});
    const auto reads = client_.get_many(keys, {.r = options_.r, .timeout = options_.timeout});
    std::vector<Record> missing;
    for (std::size_t index = 0; index < records.size(); ++index) {
      const Result<ReadResult>& read = reads[index];
      if (!read.ok()) failure = read.status();
      if (read.ok()) records[index].context = read->context;
      const bool is_there = read.ok() && read->siblings.size() == 1 &&
                            read->siblings.front().value.size() == options_.value_size;
      if (is_there) {
        remember(records[index].number, read->context);
      } else {
        missing.push_back(std::move(records[index]));
      }
    }
    return missing;
  }

  // Those that failed. What could not be read is not written blindly: it might be there.
  std::vector<Record> write(std::vector<Record> records, Status& failure) {
    if (!failure.ok()) return records;
    std::vector<PutItem> items;
    items.reserve(records.size());
    for (const Record& record : records) {
      items.push_back({.bucket = options_.bucket,
                       .key = record.key,
                       .value = values_.draw(random_),
                       .context = record.context});
    }
    const auto written = client_.put_many(items, {.w = options_.w, .timeout = options_.timeout});
    std::vector<Record> failed;
    for (std::size_t index = 0; index < records.size(); ++index) {
      if (written[index].ok()) {
        remember(records[index].number, written[index]->context);
      } else {
        failure = written[index].status();
        failed.push_back(std::move(records[index]));
      }
    }
    return failed;
  }

  void remember(std::uint64_t record, std::string context) {
    shares_[record % shares_.size()].set_context(record, std::move(context));
  }

  Client& client_;
  const LoadOptions& options_;
  const ValuePool& values_;
  Random random_;
  std::vector<RecordShare>& shares_;
};

}  // namespace

Status load_records(Client& client, const LoadOptions& options, const ValuePool& values,
                    Random random, std::vector<RecordShare>& shares,
                    const std::function<void(std::uint64_t loaded)>& on_progress) {
  return Loading(client, options, values, random, shares).run(on_progress);
}

}  // namespace starling::bench
