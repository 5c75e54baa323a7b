#include "replica/key_layout.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/ids.h"
#include "ring/token.h"

namespace starling {
namespace {

// Before the bucket: partition, table, token, and the bucket's length.
constexpr std::size_t kPlaceBytes = 12;

void write_table(ByteWriter& writer, PartitionId partition, std::uint8_t table) {
  writer.u16_big_endian(partition.value);
  writer.u8(table);
}

std::string table_prefix(PartitionId partition, std::uint8_t table) {
  ByteWriter writer;
  write_table(writer, partition, table);
  return std::move(writer).bytes();
}

std::string token_prefix(PartitionId partition, Token token) {
  ByteWriter writer;
  write_table(writer, partition, static_cast<std::uint8_t>(StoreTable::Records));
  writer.u64_big_endian(token.value);
  return std::move(writer).bytes();
}

}  // namespace

std::string record_store_key(const RecordAddress& record) {
  STARLING_CHECK(record.address.bucket.size() <= kBucketBytesMax);
  ByteWriter writer(kPlaceBytes + record.address.bucket.size() + record.address.key.size());
  write_table(writer, record.partition, static_cast<std::uint8_t>(StoreTable::Records));
  writer.u64_big_endian(record.token.value);
  writer.u8(static_cast<std::uint8_t>(record.address.bucket.size()));
  writer.raw(record.address.bucket);
  writer.raw(record.address.key);
  return std::move(writer).bytes();
}

Result<RecordKey> parse_record_store_key(std::string_view store_key) {
  ByteReader reader(store_key);
  RecordKey parsed;
  parsed.partition = PartitionId{reader.u16_big_endian()};
  const std::uint8_t table = reader.u8();
  parsed.token = Token{reader.u64_big_endian()};
  const std::uint8_t bucket_size = reader.u8();
  parsed.address.bucket = reader.raw(bucket_size);
  parsed.address.key = reader.raw(reader.remaining());
  const bool is_record = table == static_cast<std::uint8_t>(StoreTable::Records);
  const bool named = !parsed.address.bucket.empty() && !parsed.address.key.empty();
  if (!reader.finished() || !is_record || !named) {
    return Status(StatusCode::Corruption, "the store holds a key that is no record's");
  }
  return parsed;
}

std::string meta_store_key(std::string_view name) {
  return table_prefix(kMetaPartition, static_cast<std::uint8_t>(StoreTable::Meta)).append(name);
}

KeyBounds bounds_of_table(PartitionId partition, StoreTable table) {
  const auto number = static_cast<std::uint8_t>(table);
  return {.from = table_prefix(partition, number),
          .to = table_prefix(partition, static_cast<std::uint8_t>(number + 1))};
}

KeyBounds bounds_of_tokens(PartitionId partition, Token first, Token last) {
  KeyBounds bounds = bounds_of_table(partition, StoreTable::Records);
  bounds.from = token_prefix(partition, first);
  if (last.value != std::numeric_limits<std::uint64_t>::max()) {
    bounds.to = token_prefix(partition, Token{last.value + 1});
  }
  return bounds;
}

std::string successor_of(std::string_view store_key) {
  std::string successor(store_key);
  successor.push_back('\0');
  return successor;
}

}  // namespace starling
