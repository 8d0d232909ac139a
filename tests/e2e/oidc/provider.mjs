// A real OpenID Connect provider (oidc-provider, certified) with its plain sign-in forms. Argument: JSON
// {port, client, secret, redirect, logout, people: {name: [group, …]}}. Prints "ready" when it listens.
import Provider from "oidc-provider";

const told = JSON.parse(process.argv[2]);
const issuer = `http://127.0.0.1:${told.port}`;
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: told.client,
      client_secret: told.secret,
      redirect_uris: [told.redirect],
      backchannel_logout_uri: told.logout,
      grant_types: ["authorization_code"],
      response_types: ["code"],
    },
  ],
  claims: { openid: ["sub"], profile: ["preferred_username", "groups"], email: ["email"] },
  cookies: { keys: ["of the tests"] },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true }, backchannelLogout: { enabled: true }, rpInitiatedLogout: { enabled: true } },
  // Its own guard refuses addresses of this machine, and the studio is on one here.
  fetch: (url, { dispatcher: _, ...options }) => globalThis.fetch(url, options),
  ttl: { Interaction: 600, Session: 600, Grant: 600, IdToken: 600, AccessToken: 600 },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, preferred_username: id, email: `${id}@example.com`, groups: told.people[id] ?? [] }),
  }),
});
provider.listen(told.port, "127.0.0.1", () => console.log("ready"));
