#include "lab/tds_types.h"

#include <gtest/gtest.h>

#include <random>

#include "lab/tds_request.h"
#include "sim/sql_datetime.h"

namespace keyturn::lab {
namespace {

using sim::SqlKind;
using sim::SqlType;
using sim::Value;

sim::TypedValue round_trip(const Value& value, const SqlType& type) {
  ByteWriter out;
  write_type(out, type);
  write_value(out, value, type);
  ByteReader in(out.bytes());
  sim::TypedValue back = read_parameter(in);
  EXPECT_TRUE(in.at_end());
  return back;
}

struct Sample {
  SqlType type;
  Value value;
};

TEST(TdsTypes, EveryTypeAndItsNullSurviveTheWire) {
  const std::int64_t ticks = 739'252 * sim::kTicksPerDay + 11'045 * sim::kTicksPerSecond + 6'770'000;
  const std::vector<Sample> samples{
      {sim::bit(), Value{std::int64_t{1}}},
      {sim::type_of(SqlKind::tinyint), Value{std::int64_t{255}}},
      {sim::type_of(SqlKind::smallint), Value{std::int64_t{-32768}}},
      {sim::integer(), Value{std::int64_t{-2}}},
      {sim::bigint(), Value{std::int64_t{1} << 62}},
      {sim::type_of(SqlKind::real), Value{1.5}},
      {sim::type_of(SqlKind::float_), Value{-2.25}},
      {{SqlKind::decimal, 0, 10, 2}, Value{-12.34}},
      {sim::nvarchar(20), Value{std::string("h\xC3\xA9 \xF0\x9F\x98\x80")}},
      {sim::nvarchar(SqlType::kMax), Value{std::string(9'000, 'x')}},
      {{SqlKind::varchar, 20, 18, 0}, Value{std::string("caf\xC3\xA9")}},
      {{SqlKind::varbinary, 8, 18, 0}, Value{std::string("\0\1\xFF", 3)}},
      {sim::type_of(SqlKind::uniqueidentifier), Value{std::string("00112233-4455-6677-8899-AABBCCDDEEFF")}},
      {sim::type_of(SqlKind::date), Value{ticks - ticks % sim::kTicksPerDay}},
      {sim::type_of(SqlKind::time), Value{ticks % sim::kTicksPerDay}},
      {sim::datetime2(7), Value{ticks}},
      {sim::datetime2(0), Value{sim::round_to_scale(ticks, 0)}},
  };
  for (const Sample& sample : samples) {
    const sim::TypedValue back = round_trip(sample.value, sample.type);
    EXPECT_EQ(back.type.kind, sample.type.kind) << sim::type_name(sample.type);
    EXPECT_EQ(sim::to_text(back.value, back.type), sim::to_text(sample.value, sample.type))
        << sim::type_name(sample.type);
    EXPECT_TRUE(sim::is_null(round_trip(Value{}, sample.type).value)) << sim::type_name(sample.type);
  }
}

TEST(TdsTypes, DatetimeCountsThreeHundredthsSince1900) {
  ByteWriter out;
  write_value(out, Value{sim::kTicksAt1900 + sim::kTicksPerDay + 7 * sim::kTicksPerMs}, sim::datetime());
  EXPECT_EQ(out.bytes(), std::string("\x08\x01\0\0\0\x02\0\0\0", 9));
}

TEST(TdsRequests, RandomBytesAreMalformedOrReadWithinBounds) {
  std::mt19937 random(3);
  int understood = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string bytes("\x04\0\0\0\xFF\xFF\x0A\0\0\0", 10);
    for (auto n = random() % 60; n > 0; --n)
      bytes +=
          static_cast<char>(i % 3 == 0 ? random() % 256 : "\0\x26\x04\xE7\x63\x6A\x2A\x10"[random() % 8]);
    try {
      understood += parse_rpc(bytes).empty() ? 0 : 1;
      parse_sql_batch(bytes);
      parse_transaction_request(bytes);
    } catch (const MalformedMessage&) {
    }
  }
  EXPECT_GT(understood, 0);
}

}  // namespace
}  // namespace keyturn::lab
