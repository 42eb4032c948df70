// Expressions and conditions, and the SELECTs that stand in them.
#pragma once

#include "sim/tsql_parser_base.h"

namespace keyturn::sim {

class ExpressionParser : public ParserBase {
 public:
  using ParserBase::ParserBase;

 protected:
  ExprPtr expression();  // a value
  ExprPtr condition();   // what stands after IF, WHERE, WHEN …; 4145 for a value
  SelectPtr select();    // with an optional WITH before it
  SqlType type();
  ObjectName object_name();

 private:
  ExprPtr any(int precedence);
  ExprPtr prefix();
  ExprPtr primary();
  ExprPtr parenthesized();
  ExprPtr case_expression();
  ExprPtr word_expression();
  ExprPtr function(std::string name, int at_line);
  ExprPtr cast(const Token& name);     // CAST, TRY_CAST
  ExprPtr convert(const Token& name);  // CONVERT, TRY_CONVERT
  SqlType target_type();
  ExprPtr column();
  ExprPtr number();
  ExprPtr infix(ExprPtr left, bool& found, int precedence);
  ExprPtr predicate_tail(ExprPtr left, bool negated);
  const ExprPtr& value_only(const ExprPtr& expr) const;

  SelectCore select_core();
  SelectItem select_item();
  TableSourcePtr table_sources();
  TableSourcePtr table_source();
  TableSourcePtr joined(TableSourcePtr left);
  void alias(TableSource& source);
  std::vector<std::string> column_names();
  std::string set_operator();
};

}  // namespace keyturn::sim
