// Asks a server through OPA's TypeScript client, as an application would, and prints what the client
// hands over, a line each: `node sdk.mjs PACKAGE URL`. Against OPA and against Referee it must print
// the same.
const [, , name, url] = process.argv;
const { OPAClient } = await import(name);

const put = async (path, body) => {
  const answer = await fetch(`${url}${path}`, { method: "PUT", body });
  if (!answer.ok) throw new Error(`PUT ${path}: ${await answer.text()}`);
};

await put("/v1/data/clients", JSON.stringify({ roles: { admin: ["read", "write"] }, "a b": 1 }));
await put(
  "/v1/policies/clients/authz.rego",
  `package clients.authz

default allow := false

allow if input.subject == "alice"

reasons contains "nobody" if not input.subject

undefined if input.never

echo := input

none := {"a": [1, "two", {"three": 3.5}], "empty": {}}

fault := 1 if input.fault

fault := 2 if input.fault
`,
);
await put("/v1/policies/clients/main.rego", 'package system\n\nmain := {"asked": input}\n');

const client = new OPAClient(url);
let lines = 0;
const tell = async (what, act) => {
  let told;
  try {
    told = { result: await act() };
  } catch (error) {
    told = {
      error: error.name,
      status: error.statusCode ?? error.httpMeta?.response?.status,
      code: error.code ?? error.data$?.code,
      message: String(error.message).split("\n")[0],
      errors: error.errors ?? error.data$?.errors,
    };
  }
  lines += 1;
  console.log(`${what}: ${JSON.stringify(told)}`);
};

await tell("without an input", () => client.evaluate("clients/authz/allow"));
for (const subject of ["alice", "bob", "", null, 1, ["x"], { a: { b: null } }, "日本 \u0000 😀"]) {
  await tell(`a subject ${JSON.stringify(subject)}`, () =>
    client.evaluate("clients/authz/allow", { subject }),
  );
  await tell(`an echo of ${JSON.stringify(subject)}`, () =>
    client.evaluate("clients/authz/echo", { subject }),
  );
}
for (const input of [true, false, 12.5, "text", [1, 2], {}]) {
  await tell(`an input ${JSON.stringify(input)}`, () => client.evaluate("clients/authz/echo", input));
}
for (const path of ["clients/authz", "clients/authz/none", "clients/authz/none/a/2/three",
  "clients/authz/reasons", "clients/authz/undefined", "clients/roles/admin", "clients/roles/gone",
  "gone", "clients/authz/allow/", "clients/a%20b", "clients/a b"]) {
  await tell(`the path ${path}`, () => client.evaluate(path, { subject: "bob" }));
  await tell(`the path ${path} without an input`, () => client.evaluate(path));
}
await tell("what is made of a result", () =>
  client.evaluate("clients/authz/none", {}, { fromResult: (value) => Object.keys(value) }),
);
await tell("an input that makes itself", () =>
  client.evaluate("clients/authz/allow", { toInput: () => ({ subject: "alice" }) }),
);
await tell("a conflict", () => client.evaluate("clients/authz/fault", { fault: true }));
await tell("the default", () => client.evaluateDefault());
await tell("the default with an input", () => client.evaluateDefault({ subject: "alice" }));
await tell("many", () =>
  client.evaluateBatch(
    "clients/authz/allow",
    { one: { subject: "alice" }, two: { subject: "bob" }, three: {} },
    { fallback: true },
    // A server that takes them in one request may answer them in another order.
  ).then((all) => Object.entries(all).sort()),
);
await tell("many with one that fails", () =>
  client.evaluateBatch(
    "clients/authz/fault",
    { one: { fault: true }, two: {} },
    { fallback: true, rejectMixed: false },
  ).then((all) => Object.keys(all).sort()),
);
const fields = new OPAClient(url, { headers: { "X-Own": "header", Authorization: "Bearer none" } });
await tell("fields of one's own", () => fields.evaluate("clients/authz/allow", { subject: "alice" }));
const many = await Promise.all(
  Array.from({ length: 200 }, (_, n) => client.evaluate("clients/authz/echo", { n })),
);
await tell("two hundred at once", async () => many.every((value, n) => value.n === n));

for (const path of ["/v1/policies/clients/authz.rego", "/v1/policies/clients/main.rego", "/v1/data/clients"]) {
  const answer = await fetch(`${url}${path}`, { method: "DELETE" });
  if (!answer.ok) throw new Error(`DELETE ${path}: ${await answer.text()}`);
}
if (lines < 40) throw new Error(`only ${lines} lines`);
