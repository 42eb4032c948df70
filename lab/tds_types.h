// Types and values on the wire (MS-TDS 2.2.5.4 … 2.2.5.6).
#pragma once

#include "lab/tds_bytes.h"
#include "sim/sql_type.h"

namespace keyturn::lab {

constexpr std::uint64_t kPlpNull = 0xFFFFFFFFFFFFFFFFULL;
// Bytes of a time with so many fraction digits.
constexpr std::size_t time_size(int scale) { return scale <= 2 ? 3 : scale <= 4 ? 4 : 5; }

void write_type(ByteWriter& out, const sim::SqlType& type);
// In a row or return value of that type.
void write_value(ByteWriter& out, const sim::Value& value, const sim::SqlType& type);

// TYPE_INFO and a value of it, as RPC parameters have them. Throws MalformedMessage for what no type fits.
sim::TypedValue read_parameter(ByteReader& in);

}  // namespace keyturn::lab
