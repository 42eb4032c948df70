// Runs one batch, or a parameterised query, with tedious: node tedious_client.js '{"config": …, "sql": …, "params": …}'.
// Prints {"rows": [[…]], "errors": [[number, message]], "infos": […]} as JSON.
const { Connection, Request, TYPES } = require("tedious");

const job = JSON.parse(process.argv[2]);
const result = { rows: [], errors: [], infos: [] };
const connection = new Connection(job.config);

function note(error) {
  for (const one of error.errors ?? [error]) result.errors.push([one.number ?? one.code, one.message]);
}
function finish() {
  connection.close();
  process.stdout.write(JSON.stringify(result));
}

connection.on("infoMessage", (info) => result.infos.push(info.message));
connection.on("errorMessage", (error) => result.errors.push([error.number, error.message]));
connection.connect((error) => {
  if (error) {
    if (result.errors.length === 0) note(error);
    return finish();
  }
  const request = new Request(job.sql, () => finish());
  request.on("row", (columns) => result.rows.push(columns.map((column) => column.value)));
  for (const [name, value] of Object.entries(job.params ?? {})) {
    request.addParameter(name, Number.isInteger(value) ? TYPES.Int : TYPES.NVarChar, value);
  }
  if (job.params) connection.execSql(request);
  else connection.execSqlBatch(request);
});
