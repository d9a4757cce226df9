using Microsoft.AspNetCore.Http;
using Tollgate.Engine.Projects;

namespace Tollgate.Web.Layout;

/// <summary>Called when a page knows its project: from then on the request uses the project's share of the server.</summary>
/// <returns>False: there is no place, and the answer is written.</returns>
public delegate ValueTask<bool> EnterProject(HttpContext context, ProjectSnapshot project);
