//! What of a page is a link, and what its value says.

use super::*;

#[test]
fn markup() {
    let table: &[(&str, &[&str])] = &[
        // How an attribute may be written.
        ("<a href=\"x\">", &["x"]),
        ("<a href='x'>", &["x"]),
        ("<a href=x>", &["x"]),
        ("<A HREF=x>", &["x"]),
        ("<a hReF=X>", &["X"]),
        ("<a\nhref\t=\r\n\"x\"\x0c>", &["x"]),
        ("<a/href=x>", &["x"]),
        ("<a href=x/>", &["x/"]),
        ("<a href=\"x\"/>", &["x"]),
        ("<a class=\"n\" href=x title=y>", &["x"]),
        ("<a class=n href=x>", &["x"]),
        ("<a disabled href=x>", &["x"]),
        ("<a title=\"a>b\" href=x>", &["x"]),
        ("<a title='a>b\"' href=x>", &["x"]),
        ("<a href=\"x'y\">", &["x'y"]),
        ("<a href='x\"y'>", &["x\"y"]),
        ("<a href=\"x>y\">", &["x>y"]),
        ("<a href=\"a/<a href='x'>", &[]),
        ("<a title=\"x\"href=\"y\">", &["y"]),
        ("<a =href=x>", &[]),
        ("<a = href=x>", &["x"]),
        ("<a title= href=x>", &[]),
        // The first counts.
        ("<a href=x href=y>", &["x"]),
        ("<a href=x HREF='y'>", &["x"]),
        ("<a href href=y>", &[]),
        ("<a href='' href=y>", &[]),
        ("<a href=?x href=y>", &[]),
        // Other attributes, other elements.
        ("<a>", &[]),
        ("<a href>", &[]),
        ("<a href=>", &[]),
        ("<a src=x data-href=y xhref=z hrefs=u hre=v xlink:href=w>", &[]),
        ("<a \0href=x>", &[]),
        ("<abbr href=x><b href=x><aa href=x><a: href=x>", &[]),
        ("<link href=x><base href=x><area href=x><img src=x href=y>", &[]),
        ("<\0a href=x>< a href=x><1 href=x>", &[]),
        ("</a href=x>", &[]),
        ("</a href=x><a href=y>", &["y"]),
        ("a href=x>", &[]),
        ("<<a href=x>", &["x"]),
        ("<a <a href=x>", &["x"]),
        ("<a <a href=x", &[]),
        ("<a href=\"x\"", &[]),
        ("<a href=x", &[]),
        ("</><a href=x>", &["x"]),
        ("</ <a href=x><a href=y>", &["y"]),
        ("<?xml href=x ?><a href=y>", &["y"]),
        ("<!DOCTYPE html PUBLIC \"<a href=x>\"><a href=y>", &["y"]),
        // Comments.
        ("<!-- <a href=x> --><a href=y>", &["y"]),
        ("<!-- -> <a href=x> -- <a href=x> - -> --><a href=y>", &["y"]),
        ("<!----><a href=y>", &["y"]),
        ("<!--><a href=y>", &["y"]),
        ("<!---><a href=y>", &["y"]),
        ("<!----!><a href=y>", &["y"]),
        ("<!--x--!><a href=y>", &["y"]),
        ("<!--!><a href=x>--><a href=y>", &["y"]),
        ("<!---!><a href=x>--><a href=y>", &["y"]),
        ("<!--x--!-><a href=x>--!--><a href=y>", &["y"]),
        ("<!--x-----><a href=y>", &["y"]),
        ("<!-x><a href=y>", &["y"]),
        ("<!-><a href=y>", &["y"]),
        ("<!><a href=y>", &["y"]),
        ("<!-- <a href=x>", &[]),
        // Content that is no markup.
        ("<script>'<a href=x>'</script><a href=y>", &["y"]),
        ("<SCRIPT src=s><a href=x></a></Script ><a href=y>", &["y"]),
        ("<script><!-- <a href=x> --></script><a href=y>", &["y"]),
        ("<script></scripts><a href=x></ script></scrip></script/><a href=y>", &["y"]),
        ("<script></scr</script><a href=y>", &["y"]),
        ("<script>if (a </b/ || c <script> d)</script><a href=y>", &["y"]),
        ("<script></script1><a href=x></script\n><a href=y>", &["y"]),
        ("<script/><a href=x></script><a href=y>", &["y"]),
        ("<style>a:after{content:'<a href=x>'}</style><a href=y>", &["y"]),
        ("<title>Index of <a href=x></title><a href=y>", &["y"]),
        ("<textarea><a href=x></textarea><a href=y>", &["y"]),
        ("<script><a href=x></style>", &[]),
        ("</script><a href=y>", &["y"]),
        ("<scripts><a href=y>", &["y"]),
        ("<textareas><a href=y>", &["y"]),
        ("<xtextarea><a href=y>", &["y"]),
        // No HTML at all.
        ("", &[]),
        ("{\"href\": \"x\"}", &[]),
        ("\0\0\0", &[]),
    ];
    for (page, expected) in table {
        assert_eq!(links(page), *expected, "{page}");
    }
}

#[test]
fn character_references() {
    let table = [
        ("a&amp;b", "a&b"),
        ("&lt;&gt;&quot;&apos;", "<>\"'"),
        ("&#65;&#x42;&#X43;", "ABC"),
        ("&#00065;&#x00000000000042;", "AB"),
        ("&#233;&#x1f335;", "\u{e9}\u{1f335}"),
        ("&amp;amp;", "&amp;"),
        ("&amp;#65;", ""),
        ("a&amp&amp;", "a&amp&"),
        ("&&amp;&", "&&&"),
        ("&am;p&AMP;", "&am;p&AMP;"),
        ("a&b", "a&b"),
        ("&;&a;&copy;&ampx;", "&;&a;&copy;&ampx;"),
        ("&aaaaaaaaaaaaaaaaaaaaaaaaa;", "&aaaaaaaaaaaaaaaaaaaaaaaaa;"),
        ("&\u{e9};", "&\u{e9};"),
        // A number needs no semicolon.
        ("&#65-&#x42", "A-B"),
        ("&#65&#66;", "AB"),
        ("&#xfffffffffffff;&#1114112;&#xd800;", "\u{fffd}\u{fffd}\u{fffd}"),
        // An unknown number sign starts a fragment.
        ("x&#;", ""),
        ("x&#x;", ""),
        ("x&#6g;", ""),
        ("x&a#b;", ""),
        // What they stand for counts, before percent-decoding.
        ("&#47;etc", ""),
        ("x&#63;y", ""),
        ("x&#x23;y", ""),
        ("&#46;&#46;/x", ""),
        ("java&#115;cript&#58;x", ""),
        ("&#37;41", "A"),
        ("%26amp;", "&amp;"),
        ("%26%2365;", "&#65;"),
        ("x&#0;y", "control character in path <- x?y"),
        ("x&#27;y", "control character in path <- x?y"),
        ("x&#127;y", "control character in path <- x?y"),
        ("x&#133;y", "control character in path <- x??y"),
        ("&#x5c;x", ""),
        ("x&#92;y", "backslash in path <- x\\y"),
        // White space is white space.
        ("&#32;x&#32;", "x"),
        ("x&#10;y", "xy"),
    ];
    for (value, expected) in table {
        assert_eq!(link(value), expected, "{value}");
    }
}
