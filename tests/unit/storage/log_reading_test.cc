#include "storage/log_reading.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "storage/crc32c.h"

namespace starling {
namespace {

constexpr std::size_t kBlock = 32768;

// As LevelDB writes: fragments that fill blocks, and zeros where no header fits.
void add_record(std::string& log, std::string_view record) {
  bool first = true;
  for (bool last = false; !last; first = false) {
    const std::size_t left = kBlock - (log.size() % kBlock);
    if (left < 7) log.append(left, '\0');
    const std::size_t room = kBlock - (log.size() % kBlock) - 7;
    const std::string_view payload = record.substr(0, room);
    record.remove_prefix(payload.size());
    last = record.empty();
    std::string covered(1, static_cast<char>(first ? (last ? 1 : 2) : (last ? 4 : 3)));
    covered += payload;
    const std::uint32_t checksum = masked_crc32c(covered);
    for (unsigned shift = 0; shift < 32; shift += 8) log += static_cast<char>(checksum >> shift);
    log += static_cast<char>(payload.size() & 0xffU);
    log += static_cast<char>(payload.size() >> 8U);
    log += covered;
  }
}

std::string log_of(std::size_t records, std::size_t bytes) {
  std::string log;
  for (std::size_t i = 0; i < records; ++i)
    add_record(log, std::string(bytes, static_cast<char>('a' + i)));
  return log;
}

LogEnd end_of(const std::string& log) {
  return read_log(log, LogContent::Leave).end;
}

TEST_CASE("LogReading: whole records are read, those that span blocks as well") {
  std::string log = log_of(3, 100);
  add_record(log, std::string(100'000, 'x'));
  const LogReading reading = read_log(log, LogContent::Keep);
  CHECK(reading.end == LogEnd::Whole);
  CHECK(reading.whole_bytes == log.size());
  CHECK(reading.last_record == log_of(3, 100).size());
  REQUIRE(reading.records.size() == 4);
  CHECK(reading.records.at(2) == std::string(100, 'c'));
  CHECK(reading.records.at(3) == std::string(100'000, 'x'));
  CHECK(end_of("") == LogEnd::Whole);
}

TEST_CASE("LogReading: a log that ends anywhere is torn behind its last whole record") {
  const std::string log = log_of(3, 40'000);
  const std::size_t whole = log_of(2, 40'000).size();
  for (std::size_t bytes = whole + 1; bytes < log.size(); bytes += 977) {
    CAPTURE(bytes);
    const LogReading reading = read_log(log.substr(0, bytes), LogContent::Leave);
    CHECK(reading.end == LogEnd::Torn);
    CHECK(reading.whole_bytes == whole);
  }
}

TEST_CASE("LogReading: garbage and zeros behind the last whole record are a torn tail") {
  const std::string log = log_of(3, 500);
  for (const std::size_t kept :
       {std::size_t{0}, std::size_t{3}, std::size_t{7}, std::size_t{200}}) {
    CAPTURE(kept);
    const std::string torn = log + log_of(1, 500).substr(0, kept);
    CHECK(end_of(torn + std::string(1000, '\0')) == LogEnd::Torn);
    CHECK(end_of(torn + std::string(1000, '\x01')) == LogEnd::Torn);
    CHECK(read_log(torn + std::string(40'000, 'g'), LogContent::Leave).whole_bytes == log.size());
  }
}

// LevelDB would drop the second and the third record here without a word.
TEST_CASE("LogReading: a flipped bit anywhere before the last record is damage") {
  const std::string log = log_of(3, 200);
  const std::size_t last = read_log(log, LogContent::Leave).last_record;
  for (std::size_t byte = 0; byte < last; ++byte) {
    for (const char bit : {'\x01', '\x40'}) {
      std::string damaged = log;
      damaged.at(byte) = static_cast<char>(damaged.at(byte) ^ bit);
      CAPTURE(byte);
      CHECK(end_of(damaged) == LogEnd::Damaged);
    }
  }
}

TEST_CASE("LogReading: a flipped bit in the last record looks like a torn tail") {
  std::string log = log_of(3, 200);
  log.back() = static_cast<char>(log.back() ^ 1);
  const LogReading reading = read_log(log, LogContent::Leave);
  CHECK(reading.end == LogEnd::Torn);
  CHECK(reading.whole_bytes == log_of(2, 200).size());
}

// LevelDB would take a length that is too large for a torn tail, and drop the record.
TEST_CASE("LogReading: a last record of which only the length is wrong is damage") {
  for (const std::size_t size : {std::size_t{200}, std::size_t{40'000}}) {
    const std::string log = log_of(3, size);
    const std::size_t last = read_log(log, LogContent::Leave).last_record;
    for (const std::size_t byte : {last + 4, last + 5}) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        std::string damaged = log;
        damaged.at(byte) = static_cast<char>(damaged.at(byte) ^ (1U << bit));
        CAPTURE(byte);
        CAPTURE(bit);
        CHECK(end_of(damaged) == LogEnd::Damaged);
      }
    }
  }
}

TEST_CASE("LogReading: later fragments of a torn record are no records behind damage") {
  const std::string before = log_of(1, 100);
  std::string log = before;
  add_record(log, std::string(100'000, 'x'));
  log.at(before.size() + 20) = '?';
  CHECK(end_of(log) == LogEnd::Torn);
}

}  // namespace
}  // namespace starling
