// The catalog views: their columns, and their rows as one session may see them.
#pragma once

#include <string>
#include <vector>

#include "sim/tsql_ast.h"
#include "sim/tsql_state.h"

namespace keyturn::sim {

using Row = std::vector<Value>;

struct CatalogView {
  std::string name;  // "sys.credentials"
  std::vector<ResultColumn> columns;
  SqlResult<std::vector<Row>> (*rows)(SessionState&);
};

// Takes "sys.x", "master.sys.x" and, for what lives in msdb, "msdb.dbo.x"; null for anything else.
const CatalogView* find_catalog_view(const ObjectName& name, const std::string& current_database);

}  // namespace keyturn::sim
