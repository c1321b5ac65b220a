/**
 * Puts the helper `text` around all that a template prints. Without it Handlebars adds two numbers that stand side by side
 * (`{{a}}{{b}}` compiles to a + b where nothing is escaped), and prints nothing for what is not set.
 */
export function printing(program: hbs.AST.Program): hbs.AST.Program {
  return { ...program, body: program.body.map(printingStatement) };
}

function printingStatement(statement: hbs.AST.Statement): hbs.AST.Statement {
  if (statement.type === 'MustacheStatement') return printingMustache(statement as hbs.AST.MustacheStatement);
  if (statement.type !== 'BlockStatement') return statement;
  const block = statement as hbs.AST.BlockStatement;
  const part = (program: hbs.AST.Program) => (program === undefined ? program : printing(program));
  const whole: hbs.AST.BlockStatement = { ...block, program: part(block.program), inverse: part(block.inverse) };
  return whole;
}

function printingMustache(mustache: hbs.AST.MustacheStatement): hbs.AST.MustacheStatement {
  const { path, params, hash } = mustache;
  const { loc } = path;
  const isCall = params.length > 0 || hash !== undefined;
  const call = { type: 'SubExpression', path: path as hbs.AST.PathExpression, params, hash, loc } as const;
  const name = (path as hbs.AST.PathExpression).original;
  const named: hbs.AST.StringLiteral = { type: 'StringLiteral', value: name, original: name, loc };
  const text: hbs.AST.PathExpression = { type: 'PathExpression', data: false, depth: 0, parts: ['text'], original: 'text', loc };
  const { hash: _, ...rest } = mustache;
  return { ...rest, loc, path: text, params: [isCall ? call : path, named] } as hbs.AST.MustacheStatement;
}
