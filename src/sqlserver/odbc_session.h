// SqlSession over an ODBC connection.
#pragma once

#include <string>

#include "sqlserver/odbc_handle.h"
#include "sqlserver/sql_session.h"

namespace keyturn::sqlserver {

class OdbcSession final : public SqlSession {
 public:
  // `connection` is connected; `where` names host and port in errors.
  OdbcSession(OdbcHandle connection, std::string where)
      : connection_(std::move(connection)), where_(std::move(where)) {}
  ~OdbcSession() override;

  Result<std::vector<ResultSet>> run(const SecretString& batch, Duration timeout) override;

 private:
  OdbcHandle connection_;
  std::string where_;
};

}  // namespace keyturn::sqlserver
