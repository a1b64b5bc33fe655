//! Pages as servers make them.

use super::*;

#[track_caller]
fn check(page: &str, expected: &[&str]) {
    assert_eq!(links(page), expected);
    // The same page below a folder.
    let below: Vec<_> = expected.iter().map(|path| format!("lib/a b/{path}")).collect();
    assert_eq!(links_below("lib/a b", page), below);
}

#[test]
fn nginx_autoindex() {
    let page = "<html>\r\n<head><title>Index of /fw/</title></head>\r\n<body>\r\n\
        <h1>Index of /fw/</h1><hr><pre><a href=\"../\">../</a>\r\n\
        <a href=\"lib/\">lib/</a>          21-Nov-2024 10:00                   -\r\n\
        <a href=\"a%20b%26c.txt\">a b&amp;c.txt</a>  21-Nov-2024 10:00     12\r\n\
        <a href=\"caf%C3%A9%3A1.txt\">caf\u{e9}:1.txt</a>  21-Nov-2024 10:00     12\r\n\
        <a href=\"main.py\">main.py</a>  21-Nov-2024 10:00     1234\r\n\
        <a href=\"what%3F%23.txt\">what?#.txt</a>  21-Nov-2024 10:00     0\r\n\
        </pre><hr></body>\r\n</html>\r\n";
    let colon = "path names a drive <- caf%C3%A9%3A1.txt";
    assert_eq!(links(page), ["lib/", "a b&c.txt", colon, "main.py", "what?#.txt"]);
    assert_eq!(
        links_below("fw", page),
        ["fw/lib/", "fw/a b&c.txt", "fw/caf\u{e9}:1.txt", "fw/main.py", "fw/what?#.txt"]
    );
}

#[test]
fn apache_plain() {
    check(
        "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 3.2 Final//EN\">\n<html>\n <head>\n  \
         <title>Index of /fw</title>\n </head>\n <body>\n<h1>Index of /fw</h1>\n\
         <ul><li><a href=\"/\"> Parent Directory</a></li>\n\
         <li><a href=\"R&amp;D%20%3cx%3e.txt\"> R&amp;D &lt;x&gt;.txt</a></li>\n\
         <li><a href=\"lib/\"> lib/</a></li>\n\
         <li><a href=\"main.py\"> main.py</a></li>\n\
         </ul>\n<address>Apache/2.4.62 (Debian) Server at localhost Port 80</address>\n\
         </body></html>\n",
        &["R&D <x>.txt", "lib/", "main.py"],
    );
}

#[test]
fn apache_fancy() {
    // FancyIndexing with IconsAreLinks; a name that is cut off in its text, not in its link.
    check(
        "<pre><img src=\"/icons/blank.gif\" alt=\"Icon \"> <a href=\"?C=N;O=D\">Name</a>         \
         <a href=\"?C=M;O=A\">Last modified</a>      <a href=\"?C=S;O=A\">Size</a>  \
         <a href=\"?C=D;O=A\">Description</a><hr>\
         <a href=\"/fw/\"><img src=\"/icons/back.gif\" alt=\"[PARENTDIR]\"></a> \
         <a href=\"/fw/\">Parent Directory</a>                             -   \n\
         <a href=\"lib/\"><img src=\"/icons/folder.gif\" alt=\"[DIR]\"></a> \
         <a href=\"lib/\">lib/</a>                    2024-11-21 10:00    -   \n\
         <a href=\"a_very_long_name_of_a_module.py\"><img src=\"/icons/text.gif\" alt=\"[TXT]\">\
         </a> \
         <a href=\"a_very_long_name_of_a_module.py\">a_very_long_name_of_&gt;\
         </a> 2024-11-21 10:00   12   \n\
         <a href=\"./d/x:y.txt\"><img src=\"/icons/text.gif\" alt=\"[TXT]\"></a> \
         <a href=\"./d/x:y.txt\">d/x:y.txt</a> 2024-11-21 10:00   12   \n<hr></pre>\n",
        &["lib/", "a_very_long_name_of_a_module.py", "d/x:y.txt"],
    );
}

#[test]
fn apache_html_table() {
    check(
        "  <table>\n   <tr><th valign=\"top\"><img src=\"/icons/blank.gif\" alt=\"[ICO]\"></th>\
         <th><a href=\"?C=N;O=D\">Name</a></th><th><a href=\"?C=M;O=A\">Last modified</a></th>\
         <th><a href=\"?C=S;O=A\">Size</a></th><th><a href=\"?C=D;O=A\">Description</a></th>\
         </tr>\n   \
         <tr><th colspan=\"5\"><hr></th></tr>\n\
         <tr><td valign=\"top\"><img src=\"/icons/back.gif\" alt=\"[PARENTDIR]\"></td>\
         <td><a href=\"/\">Parent Directory</a></td><td>&nbsp;</td><td align=\"right\">  - </td>\
         <td>&nbsp;</td></tr>\n\
         <tr><td valign=\"top\"><a href=\"main.py\"><img src=\"/icons/p.gif\" alt=\"[   ]\"></a>\
         </td>\
         <td><a href=\"main.py\">main.py</a></td><td align=\"right\">2024-11-21 10:00  </td>\
         <td align=\"right\"> 12 </td><td>&nbsp;</td></tr>\n\
         <tr><td valign=\"top\"><img src=\"/icons/folder.gif\" alt=\"[DIR]\"></td>\
         <td><a href=\"it's/\">it's/</a></td><td align=\"right\">2024-11-21 10:00  </td>\
         <td align=\"right\">  - </td><td>&nbsp;</td></tr>\n\
         <tr><th colspan=\"5\"><hr></th></tr>\n</table>\n",
        &["main.py", "it's/"],
    );
}

#[test]
fn python_http_server() {
    let page = "<!DOCTYPE HTML>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
        <title>Directory listing for /</title>\n</head>\n<body>\n\
        <h1>Directory listing for /</h1>\n<hr>\n<ul>\n\
        <li><a href=\"100%25.txt\">100%.txt</a></li>\n\
        <li><a href=\"a%20b%26c.txt\">a b&amp;c.txt</a></li>\n\
        <li><a href=\"caf%C3%A9.txt\">caf\u{e9}.txt</a></li>\n\
        <li><a href=\"dlink/\">dlink@</a></li>\n\
        <li><a href=\"hash%231.txt\">hash#1.txt</a></li>\n\
        <li><a href=\"link.py\">link.py@</a></li>\n\
        <li><a href=\"main.py\">main.py</a></li>\n\
        <li><a href=\"quote%27%22%3Cx%3E.txt\">quote'\"&lt;x&gt;.txt</a></li>\n\
        <li><a href=\"what%3F.txt\">what?.txt</a></li>\n</ul>\n<hr>\n</body>\n</html>\n";
    check(
        page,
        &[
            "100%.txt",
            "a b&c.txt",
            "caf\u{e9}.txt",
            "dlink/",
            "hash#1.txt",
            "link.py",
            "main.py",
            "quote'\"<x>.txt",
            "what?.txt",
        ],
    );
    // Its own way with a name that is no UTF-8 (here the one byte 0xff): a lone surrogate.
    assert_eq!(link("bad%ED%B3%BF.txt"), "name is not UTF-8 <- bad%ED%B3%BF.txt");
}

#[test]
fn lighttpd() {
    check(
        "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n\
         <title>Index of /fw/</title>\n<style type=\"text/css\">\n\
         a, a:active {text-decoration: none; color: blue;}\n</style>\n</head>\n<body>\n\
         <h2>Index of /fw/</h2>\n<div class=\"list\">\n\
         <table summary=\"Directory Listing\" cellpadding=\"0\" cellspacing=\"0\">\n<thead><tr>\
         <th class=\"n\">Name</th><th class=\"m\">Last Modified</th></tr></thead>\n<tbody>\n\
         <tr class=\"d\"><td class=\"n\"><a href=\"../\">..</a>/</td><td class=\"m\">&nbsp;</td>\
         </tr>\n\
         <tr class=\"d\"><td class=\"n\"><a href=\"lib/\">lib</a>/</td><td class=\"m\">x</td>\
         </tr>\n\
         <tr><td class=\"n\"><a href=\"R%26D%20x.txt\">R&amp;D x.txt</a></td><td>x</td></tr>\n\
         </tbody>\n</table>\n</div>\n<div class=\"foot\">lighttpd/1.4.69</div>\n\n\
         <script type=\"text/javascript\">\n// <!--\n\nvar click_column;\n\
         function get_inner_text(el) { if (a < b) return '<a href=\"no\">' + el; }\n\n// -->\n\
         </script>\n\n</body>\n</html>\n",
        &["lib/", "R&D x.txt"],
    );
}

#[test]
fn caddy() {
    check(
        "<!DOCTYPE html>\n<html>\n\t<head>\n\t\t<title>fw</title>\n\t\t<link rel=\"canonical\" \
         href=\"/fw/\"  />\n\t\t<meta charset=\"utf-8\">\n<style>body { padding: 0; }</style>\n\
         \t</head>\n\t<body onload=\"initPage()\">\n\t\t<h1>\n\t\t\t\t\t<a href=\"../\">/</a>\
         <a href=\"\">fw</a>/\n\t\t\t\t</h1>\n\
         <a href=\"javascript:queryParam('layout', '')\" id=\"layout-list\" class='layoutcurrent'>\
         <svg xmlns=\"http://www.w3.org/2000/svg\"><path stroke=\"none\" d=\"M0 0h24\"/></svg>\
         </a>\n\
         <th>\n<a href=\"?sort=namedirfirst&order=desc\" class=\"icon\">\n</a></th>\n\
         <a href=\"./?sort=size&order=asc\">Size</a>\n\
         <tr>\n<td>\n\t<a href=\"..\">\n<span class=\"go-up\">Up</span>\n</a></td></tr>\n\
         <tr class=\"file\">\n<td></td>\n<td>\n\t<a href=\"./lib/\">\n\
         <svg><title>x</title><use xlink:href=\"#folder\"></use></svg>\n\
         <span class=\"name\">lib</span>\n</a>\n</td>\n</tr>\n\
         <tr class=\"file\"><td><a href=\"./R&amp;D%20it&#39;s&#43;1.txt\">\n\
         <span class=\"name\">R&amp;D it&#39;s&#43;1.txt</span></a></td></tr>\n\
         <footer>Served with <a rel=\"noopener noreferrer\" href=\"https://caddyserver.com\">\n\
         </a></footer>\n<script>const t = \"<a href='no'>\";</script>\n</body>\n</html>\n",
        &["lib/", "R&D it's+1.txt"],
    );
}

#[test]
fn busybox() {
    // Its index.cgi: no closing tags, single quotation marks, each letter of a name but the plain
    // ones encoded.
    check(
        "<html><head><title>Index of /fw/</title>\n<style>\ntable {\n  width: 100%;\n}\n\
         </style>\n</head>\n<body>\n<h1>Index of /fw/</h1>\n<table>\n\
         <col class=nm><col class=sz><col class=dt>\n\
         <tr class=hdr><th class=cnt>Name<th class=sz>Size<th class=dt>Last modified\n\
         <tr class=o><td class=nm><a href='../'>../</a><td class=sz><td class=dt>2024-11-21\n\
         <tr class=e><td class=nm><a href='lib/'>lib/</a><td class=sz><td class=dt>2024-11-21\n\
         <tr class=o><td class=nm><a href='it%27s%20.py'>it's .py</a><td class=sz>12\
         <td class=dt>x\n\
         <tr class=foot><th class=cnt>Files: 1, directories: 1<th class=sz>12<th class=dt>\n\
         </table></body></html>",
        &["lib/", "it's .py"],
    );
}

#[test]
fn webfs() {
    check(
        "<html><head><title>/fw/</title></head>\n<body bgcolor=white text=black link=darkblue>\n\
         <h1>listing: \n<a href=\"/\">*</a> /<a href=\"/fw/\">fw</a>/</h1>\n<hr noshade size=1>\
         <pre>\n\
         <b>access      user      group     date             size  name</b>\n\n\
         drwxr-xr-x  root      root      Nov 21 10:00  &lt;DIR&gt;  <a href=\"..\">..</a>\n\
         drwxr-xr-x  root      root      Nov 21 10:00  &lt;DIR&gt;  <a href=\"lib/\">lib/</a>\n\
         -rw-r--r--  root      root      Nov 21 10:00   12  B  <a href=\"a%20b.py\">a b.py</a>\n\
         </pre><hr noshade size=1>\n<small><a href=\"http://bytesex.org/webfs.html\">webfs/1.21</a>\
         &nbsp;&nbsp;&nbsp;21/Nov/2024 10:00:00 GMT</small>\n</body></html>\n",
        &["lib/", "a b.py"],
    );
}
