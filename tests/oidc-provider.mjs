// A real identity provider for the tests: npm's oidc-provider over TLS.
//
//   node oidc-provider.mjs CONFIGURATION.json
//
// The configuration has `port`, `certificate` and `key` (PEM files), `client` (metadata), `jwks` (private keys) and
// `accounts` (claims by name). Whoever follows a link to `/interaction/...?as=NAME` has signed in as NAME; consent is given
// to everything. `/faults` takes claims that the next ID tokens are to have, whatever is true; so a token is signed by the
// provider's key and wrong all the same.
import { createServer } from 'node:https';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(`${process.env.SIGNET_TEST_NODE}/`);
const load = (name) => import(pathToFileURL(require.resolve(name)));
const { default: Provider } = await load('oidc-provider');
const { SignJWT, decodeJwt, decodeProtectedHeader, importJWK } = await load('jose');

const configuration = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const issuer = `https://localhost:${configuration.port}`;
let faults = {};

const provider = new Provider(issuer, {
  clients: [configuration.client],
  jwks: { keys: configuration.jwks },
  cookies: { keys: ['for tests'] },
  claims: { openid: ['sub'], profile: ['preferred_username', 'groups'], email: ['email'] },
  conformIdTokenClaims: configuration.conformIdTokenClaims ?? true,
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) =>
    configuration.accounts[id] && { accountId: id, claims: () => ({ sub: id, ...configuration.accounts[id] }) },
  async loadExistingGrant(context) {
    const { oidc } = context;
    const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
    grant.addOIDCScope('openid profile email');
    await grant.save();
    return grant;
  },
});

async function wrong(context, next) {
  await next();
  const token = context.path === '/token' && context.body?.id_token;
  if (!token || Object.keys(faults).length === 0) return;
  const { alg, kid } = decodeProtectedHeader(token);
  const jwk = configuration.jwks.find((key) => key.kid === kid);
  const claims = { ...decodeJwt(token), ...faults };
  context.body.id_token = await new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(await importJWK(jwk, alg));
}
provider.use(wrong);

const callback = provider.callback();
async function serve(request, response) {
  const url = new URL(request.url, issuer);
  if (url.pathname === '/faults') {
    faults = JSON.parse(url.searchParams.get('claims'));
    return response.end();
  }
  if (!url.pathname.startsWith('/interaction/')) return callback(request, response);
  const name = url.searchParams.get('as');
  if (!name) return response.end('who is it?');
  const refusal = { error: 'access_denied', error_description: 'the person said no' };
  const result = name === 'nobody' ? refusal : { login: { accountId: name } };
  return provider.interactionFinished(request, response, result);
}

const tls = { cert: readFileSync(configuration.certificate), key: readFileSync(configuration.key) };
createServer(tls, serve).listen(configuration.port, '127.0.0.1', () => console.log('listening'));
