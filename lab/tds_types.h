// Types and values on the wire (MS-TDS 2.2.5.4 … 2.2.5.6; facts.md B.6).
#pragma once

#include "lab/tds_bytes.h"
#include "sim/sql_type.h"

namespace keyturn::lab {

void write_type(ByteWriter& out, const sim::SqlType& type);
// In a row or return value of that type.
void write_value(ByteWriter& out, const sim::Value& value, const sim::SqlType& type);

// TYPE_INFO and a value of it, as RPC parameters have them. Throws MalformedMessage for what no type fits.
sim::TypedValue read_parameter(ByteReader& in);

}  // namespace keyturn::lab
