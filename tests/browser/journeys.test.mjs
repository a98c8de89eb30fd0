// What people do, in a real browser, against the built binary with the demo. One server and one browser serve all journeys, which run one
// after the other.
import { after, before, describe } from "node:test";
import { startBrowser } from "./browser.mjs";
import { describeConflict } from "./journeys/conflict.mjs";
import { describeCustomers } from "./journeys/customers.mjs";
import { describeComposition } from "./journeys/composition.mjs";
import { describeDesigner } from "./journeys/designer.mjs";
import { describeEveryPage } from "./journeys/every-page.mjs";
import { describeImport } from "./journeys/import.mjs";
import { describeLive } from "./journeys/live.mjs";
import { describeNewCustomer } from "./journeys/new-customer.mjs";
import { describePhone } from "./journeys/phone.mjs";
import { describeRules } from "./journeys/rules.mjs";
import { describeSalesperson } from "./journeys/salesperson.mjs";
import { describeSecurity } from "./journeys/security.mjs";
import { describeWorkplace } from "./journeys/workplace.mjs";
import { startServer } from "./server.mjs";

/** Where the server answers, the password of the demo accounts, and the browser. */
const world = { address: "", password: "", browser: null };
let server = null;

describe("pages", { concurrency: 1 }, () => {
  before(async () => {
    server = await startServer();
    world.address = server.address;
    world.password = server.password;
    world.browser = await startBrowser();
  });
  after(async () => {
    await world.browser?.close();
    await server?.stop();
  });
  describeEveryPage(world);
  describeCustomers(world);
  describeSalesperson(world);
  describeWorkplace(world);
  describeNewCustomer(world);
  describeRules(world);
  describeConflict(world);
  describeImport(world);
  describeLive(world);
  describePhone(world);
  describeComposition(world);
  describeDesigner(world);
  describeSecurity(world);
});
